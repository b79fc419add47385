// Signals do not end poll, select and epoll_wait of what is ready, nor those that do not wait: signal(7).
// marks: threads
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "relatives.h"

enum { turns = 400 };
static atomic_int finished, handled, interrupted, wrong;
static int ends[2], set;

static void on_signal(int number) {
  (void)number;
  handled++;
}

static void note(long result, long expected) {
  if (result == -1 && errno == EINTR)
    interrupted++;
  else if (result != expected)
    wrong++;
}

static void* body(void* unused) {
  for (int i = 0; i < turns || handled < 50; i++) {
    struct pollfd entry = {.fd = ends[0], .events = POLLIN};
    struct epoll_event event;
    struct timeval none = {0, 0};
    fd_set readers;
    note(poll(&entry, 1, -1), 1);
    note(epoll_wait(set, &event, 1, -1), 1);
    note(epoll_wait(set, &event, 1, 0), 1);
    FD_ZERO(&readers);
    FD_SET(ends[0], &readers);
    note(select(ends[0] + 1, &readers, NULL, NULL, NULL), 1);
    FD_ZERO(&readers);
    FD_SET(ends[0], &readers);
    note(select(ends[0] + 1, &readers, NULL, NULL, &none), 1);
  }
  finished = 1;
  return unused;
}

CASE {
  pthread_t thread;
  handle(SIGUSR1, on_signal, 0);
  struct epoll_event event = {.events = EPOLLIN};
  NEED(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
  NEED((set = epoll_create1(0)) >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event) == 0);
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  while (!finished) {
    pthread_kill(thread, SIGUSR1);
    sched_yield();
  }
  NEED(pthread_join(thread, NULL) == 0);
  say("interrupted %d wrong %d\n", interrupted, wrong);
}
