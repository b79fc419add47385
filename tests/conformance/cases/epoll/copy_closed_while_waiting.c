// Closing a copy of an epoll disturbs nobody who waits on it; a closed epoll cannot be waited on: epoll_wait(2).
// marks: threads
#include <pthread.h>

#include "readiness.h"

static int epoll, ends[2];
static struct gate started;

static void* waiter(void* unused) {
  (void)unused;
  struct epoll_event event;
  open_gate(started);
  int count = epoll_wait(epoll, &event, 1, -1);
  say("%d %s\n", count, count == 1 ? event_names(event.events) : errno_name(errno));
  return NULL;
}

CASE {
  pthread_t thread;
  epoll = make_epoll();
  started = make_gate();
  make_pipe(ends);
  watch(epoll, ends[0], EPOLLIN, 1);
  int keep = dup(epoll);
  NEED(pthread_create(&thread, NULL, waiter, NULL) == 0);
  pass_gate(started);
  NEED(close(keep) == 0);
  must_write(ends[1], "x");
  NEED(pthread_join(thread, NULL) == 0);
  NEED(close(epoll) == 0);
  SHOW(epoll_wait(epoll, (struct epoll_event[1]){0}, 1, 0));
}
