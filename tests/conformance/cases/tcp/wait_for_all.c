// MSG_WAITALL waits over several sends, ends at the end of file, and gives what came before a signal: recv(2).
// marks: threads
#include <pthread.h>

#include "net.h"

static int ends[2];
static struct gate go;

static void* sender(void* argument) {
  (void)argument;
  for (int i = 0; i < 5; i++) {
    NEED(send(ends[0], "12345678", 8, 0) == 8);
    nap();
  }
  pass_gate(go);
  NEED(send(ends[0], "end", 3, 0) == 3);
  NEED(shutdown(ends[0], SHUT_WR) == 0);
  return NULL;
}

CASE {
  tcp_pair(ends);
  go = make_gate();
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, sender, NULL) == 0);
  char text[64] = "";
  SHOW(recv(ends[1], text, 40, MSG_WAITALL));
  say("%s\n", text);
  SHOW(recv(ends[1], text, 40, MSG_WAITALL | MSG_DONTWAIT));
  open_gate(go);
  memset(text, 0, sizeof text);
  SHOW(recv(ends[1], text, 40, MSG_WAITALL));
  say("%s\n", text);
  SHOW(recv(ends[1], text, 40, MSG_WAITALL));
  NEED(pthread_join(thread, NULL) == 0);
  NEED(send(ends[1], "ab", 2, 0) == 2);
  struct timeval limit = {0, 50000};
  NEED(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  SHOW(recv(ends[0], text, 5, MSG_WAITALL));
  SHOW(recv(ends[0], text, 5, MSG_WAITALL));
}
