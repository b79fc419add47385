// A watched descriptor that is closed while a thread waits just goes away; the wait goes on: epoll(7).
// marks: threads
#include <pthread.h>

#include "readiness.h"

static int epoll;

static void* waiter(void* unused) {
  (void)unused;
  show_wait("waiter", epoll, 8, -1);
  return NULL;
}

CASE {
  int ends[2], other[2];
  pthread_t thread;
  epoll = make_epoll();
  make_pipe(ends);
  make_pipe(other);
  watch(epoll, ends[0], EPOLLIN, 1);
  watch(epoll, other[0], EPOLLIN, 2);
  NEED(pthread_create(&thread, NULL, waiter, NULL) == 0);
  nap();
  NEED(close(ends[0]) == 0);
  SHOW(control(epoll, EPOLL_CTL_DEL, ends[0], 0, 0));
  handle(SIGPIPE, SIG_IGN, 0);
  SHOW(write(ends[1], "x", 1));
  must_write(other[1], "x");
  NEED(pthread_join(thread, NULL) == 0);
}
