// With EPOLLEXCLUSIVE in an epoll of each thread, every event is handled, whoever is woken: epoll_ctl(2).
// marks: threads
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "readiness.h"

enum { threads = 3, events = 30 };
static int tokens, stop;
static atomic_int taken;

static void* waiter(void* unused) {
  (void)unused;
  int epoll = make_epoll();
  watch(epoll, tokens, EPOLLIN | EPOLLEXCLUSIVE, 1);
  watch(epoll, stop, EPOLLIN, 2);
  for (;;) {
    struct epoll_event event;
    uint64_t value;
    NEED(epoll_wait(epoll, &event, 1, 60000) == 1);
    if (event.data.u32 == 2) break;
    if (read(tokens, &value, 8) == 8) atomic_fetch_add(&taken, 1);
  }
  NEED(close(epoll) == 0);
  return NULL;
}

CASE {
  pthread_t all[threads];
  tokens = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK);
  stop = eventfd(0, 0);
  for (int i = 0; i < threads; i++) NEED(pthread_create(&all[i], NULL, waiter, NULL) == 0);
  for (int i = 0; i < events; i++) NEED(eventfd_write(tokens, 1) == 0);
  while (atomic_load(&taken) < events) nap();
  NEED(eventfd_write(stop, 1) == 0);
  for (int i = 0; i < threads; i++) NEED(pthread_join(all[i], NULL) == 0);
  SHOW(taken);
  uint64_t value;
  SHOW(read(tokens, &value, 8));
}
