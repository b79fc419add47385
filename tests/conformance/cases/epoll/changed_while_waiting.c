// A thread in epoll_wait sees what another thread adds, modifies and closes meanwhile: epoll(7).
// marks: threads
#include <pthread.h>

#include "readiness.h"

static int epoll;
static struct gate seen;

static void* waiter(void* unused) {
  (void)unused;
  show_wait("added", epoll, 8, -1);
  open_gate(seen);
  show_wait("modified", epoll, 8, -1);
  open_gate(seen);
  show_wait("hang-up", epoll, 8, -1);
  return NULL;
}

CASE {
  int ends[2], other[2];
  pthread_t thread;
  epoll = make_epoll();
  seen = make_gate();
  make_pipe(ends);
  make_pipe(other);
  NEED(pthread_create(&thread, NULL, waiter, NULL) == 0);
  nap();
  must_write(ends[1], "x");
  watch(epoll, ends[0], EPOLLIN | EPOLLONESHOT, 1);
  pass_gate(seen);
  nap();
  NEED(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 2) == 0);
  pass_gate(seen);
  NEED(close(ends[0]) == 0);
  watch(epoll, other[0], EPOLLIN, 3);
  nap();
  NEED(close(other[1]) == 0);
  NEED(pthread_join(thread, NULL) == 0);
}
