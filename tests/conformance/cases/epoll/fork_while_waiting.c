// A process forks while one of its threads is in epoll_wait; what the child does to the list wakes that thread:
// epoll(7). marks: fork, threads
#include <pthread.h>
#include <sys/eventfd.h>

#include "readiness.h"

static int epoll;

static void* waiter(void* unused) {
  (void)unused;
  show_wait("thread", epoll, 8, -1);
  return NULL;
}

CASE {
  int counter = eventfd(0, 0);
  pthread_t thread;
  epoll = make_epoll();
  NEED(pthread_create(&thread, NULL, waiter, NULL) == 0);
  nap();
  pid_t child;
  START(child) {
    show_ready("child", epoll);
    watch(epoll, counter, EPOLLIN, 7);
    NEED(eventfd_write(counter, 3) == 0);
  }
  NEED(pthread_join(thread, NULL) == 0);
  reap("child", child);
  NEED(control(epoll, EPOLL_CTL_MOD, counter, EPOLLIN | EPOLLOUT, 8) == 0);
  show_ready("parent", epoll);
}
