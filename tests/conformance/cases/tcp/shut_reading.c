// SHUT_RD: reading ends, what the peer sends is read all the same on TCP, and a blocked reader wakes: shutdown(2).
// marks: threads
#include <pthread.h>

#include "net.h"

static int ends[2];
static struct gate started;

static void* reader(void* argument) {
  (void)argument;
  char byte;
  open_gate(started);
  return (void*)recv(ends[0], &byte, 1, 0);
}

CASE {
  tcp_pair(ends);
  started = make_gate();
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, reader, NULL) == 0);
  pass_gate(started);
  nap();
  SHOW(shutdown(ends[0], SHUT_RD));
  void* got;
  NEED(pthread_join(thread, &got) == 0);
  SHOW((long)got);
  char text[8] = "";
  SHOW(recv(ends[0], text, 1, MSG_DONTWAIT));
  SHOW(send(ends[0], "out", 3, 0));
  SHOW(recv(ends[1], text, 3, MSG_WAITALL));
  SHOW(send(ends[1], "in", 2, 0));
  await_bytes(ends[0], 2);
  SHOW(recv(ends[0], text, 2, 0));
  SHOW(recv(ends[0], text, 2, 0));
}
