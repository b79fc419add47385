// Eight threads receive packets from one socket: each packet goes to one of them, whole: recv(2).
// marks: threads
#include <pthread.h>
#include <sys/socket.h>

#include "relatives.h"

static int ends[2], seen[400];

static void* body(void* argument) {
  int packet[64];
  (void)argument;
  long taken = 0;
  for (;;) {
    ssize_t got = recv(ends[1], packet, sizeof packet, 0);
    if (got == 0) return (void*)taken;
    NEED(got == (ssize_t)sizeof packet && packet[0] == packet[63]);
    __atomic_add_fetch(&seen[packet[0]], 1, __ATOMIC_RELAXED);
    taken++;
  }
}

CASE {
  pthread_t threads[8];
  NEED(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
  for (int i = 0; i < 8; i++) NEED(pthread_create(&threads[i], NULL, body, NULL) == 0);
  for (int i = 0; i < 400; i++) {
    int packet[64];
    for (int j = 0; j < 64; j++) packet[j] = i;
    NEED(send(ends[0], packet, sizeof packet, 0) == (ssize_t)sizeof packet);
  }
  NEED(shutdown(ends[0], SHUT_WR) == 0);
  long total = 0;
  for (int i = 0; i < 8; i++) {
    void* taken;
    NEED(pthread_join(threads[i], &taken) == 0);
    total += (long)taken;
  }
  int once = 1;
  for (int i = 0; i < 400; i++) once &= seen[i] == 1;
  SHOW(total);
  SHOW(once);
}
