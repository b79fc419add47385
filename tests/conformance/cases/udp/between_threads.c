// Two threads send and receive on one UDP socket at the same time, in lock step with a third: udp(7).
// marks: threads
#include <pthread.h>

#include "net.h"

static int ends[2];

static void* echo(void* argument) {
  (void)argument;
  char text[8];
  ssize_t got;
  while ((got = recv(ends[1], text, sizeof text, 0)) > 0) {
    text[0]++;
    NEED(send(ends[1], text, (size_t)got, 0) == got);
  }
  return NULL;
}

CASE {
  udp_pair(ends);
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) NEED(pthread_create(&threads[i], NULL, echo, NULL) == 0);
  int right = 0;
  for (int i = 0; i < 200; i++) {
    char text[8] = {(char)(i % 100), (char)(i / 2), 3}, answer[8] = {0};
    NEED(send(ends[0], text, 3, 0) == 3);
    right += recv(ends[0], answer, 8, 0) == 3 && answer[0] == text[0] + 1 && answer[1] == text[1];
  }
  SHOW(right);
  for (int i = 0; i < 2; i++) NEED(send(ends[0], "", 0, 0) == 0);
  for (int i = 0; i < 2; i++) NEED(pthread_join(threads[i], NULL) == 0);
}
