// A reader and a writer that block are woken when the peer closes or resets: recv(2), send(2).
// marks: threads
#include <pthread.h>

#include "net.h"

static int ends[2];
static struct gate started;
static char block[1 << 18];

static void* reader(void* argument) {
  (void)argument;
  open_gate(started);
  char byte;
  return (void*)recv(ends[0], &byte, 1, 0);
}

static void* writer(void* argument) {
  (void)argument;
  open_gate(started);
  while (send(ends[0], block, sizeof block, MSG_NOSIGNAL) > 0) continue;
  return (void*)(long)errno;
}

static long with(void* (*body)(void*), int reset) {
  pthread_t thread;
  void* result;
  tcp_pair(ends);
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  pass_gate(started);
  nap();
  struct linger linger = {reset, 0};
  NEED(setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0);
  NEED(close(ends[1]) == 0);
  NEED(pthread_join(thread, &result) == 0);
  close(ends[0]);
  return (long)result;
}

CASE {
  started = make_gate();
  SHOW(with(reader, 0));
  SHOW(with(reader, 1));
  long code = with(writer, 0);
  say("writer: %d\n", code == EPIPE || code == ECONNRESET);
  code = with(writer, 1);
  say("writer: %d\n", code == EPIPE || code == ECONNRESET);
}
