// A thread that waits on an outer epoll is woken through the inner one, poll on an epoll as well: epoll(7).
// marks: threads
#include <pthread.h>

#include "readiness.h"

static int inner, outer;
static struct gate next;

static void* waiter(void* unused) {
  (void)unused;
  show_wait("outer", outer, 8, -1);
  show_ready("inner", inner);
  open_gate(next);
  show_wait("outer, second", outer, 8, -1);
  show_ready("inner, second", inner);
  open_gate(next);
  show_poll("poll inner", inner, POLLIN, -1);
  return NULL;
}

CASE {
  int ends[2], other[2];
  pthread_t thread;
  inner = make_epoll();
  outer = make_epoll();
  next = make_gate();
  make_pipe(ends);
  make_pipe(other);
  watch(inner, ends[0], EPOLLIN | EPOLLET, 1);
  watch(outer, inner, EPOLLIN, 2);
  NEED(pthread_create(&thread, NULL, waiter, NULL) == 0);
  nap();
  must_write(ends[1], "x");
  pass_gate(next);
  nap();
  must_write(ends[1], "y");
  pass_gate(next);
  nap();
  must_write(other[1], "z");
  watch(inner, other[0], EPOLLIN, 3);
  NEED(pthread_join(thread, NULL) == 0);
}
