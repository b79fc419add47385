// Of two threads that wait on one epoll, each event with EPOLLET wakes one; all events are seen once: epoll(7).
// marks: threads
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "readiness.h"

enum { sources = 40, last = 99 };
static int epoll;
static atomic_int seen[sources];

static void* waiter(void* unused) {
  (void)unused;
  for (;;) {
    struct epoll_event event;
    NEED(epoll_wait(epoll, &event, 1, 60000) == 1);
    if (event.data.u32 == last) return NULL;
    atomic_fetch_add(&seen[event.data.u32], 1);
  }
}

CASE {
  int counters[sources], stop = eventfd(0, 0);
  pthread_t threads[2];
  epoll = make_epoll();
  for (int i = 0; i < sources; i++) {
    counters[i] = eventfd(0, 0);
    NEED(counters[i] >= 0);
    watch(epoll, counters[i], EPOLLIN | EPOLLET, (uint64_t)i);
  }
  for (int i = 0; i < 2; i++) NEED(pthread_create(&threads[i], NULL, waiter, NULL) == 0);
  for (int i = 0; i < sources; i++) NEED(eventfd_write(counters[i], 1) == 0);
  for (int i = 0; i < sources; i++)
    while (atomic_load(&seen[i]) == 0) nap();
  watch(epoll, stop, EPOLLIN, last);
  NEED(eventfd_write(stop, 1) == 0);
  for (int i = 0; i < 2; i++) NEED(pthread_join(threads[i], NULL) == 0);
  int total = 0;
  for (int i = 0; i < sources; i++) total += seen[i];
  SHOW(total);
  show_ready("only the level is left", epoll);
}
