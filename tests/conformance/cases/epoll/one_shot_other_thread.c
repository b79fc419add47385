// A one-shot descriptor is handled by one of several threads at a time and armed again by it: epoll_ctl(2).
// marks: threads
#include <pthread.h>
#include <stdatomic.h>

#include "readiness.h"

static int epoll, ends[2], finish[2];
static atomic_int inside, overlaps, total;

static void* worker(void* unused) {
  (void)unused;
  for (;;) {
    struct epoll_event event;
    NEED(epoll_wait(epoll, &event, 1, 60000) == 1);
    if (event.data.u32 == 2) return NULL;
    if (atomic_fetch_add(&inside, 1) != 0) atomic_fetch_add(&overlaps, 1);
    char byte;
    NEED(read(ends[0], &byte, 1) == 1);
    atomic_fetch_sub(&inside, 1);
    atomic_fetch_add(&total, 1);
    NEED(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 1) == 0);
  }
}

CASE {
  pthread_t threads[4];
  epoll = make_epoll();
  make_pipe(ends);
  make_pipe(finish);
  watch(epoll, ends[0], EPOLLIN | EPOLLONESHOT, 1);
  watch(epoll, finish[0], EPOLLIN, 2);
  for (int i = 0; i < 4; i++) NEED(pthread_create(&threads[i], NULL, worker, NULL) == 0);
  for (int i = 0; i < 60; i++) must_write(ends[1], "x");
  while (atomic_load(&total) < 60) nap();
  must_write(finish[1], "x");
  for (int i = 0; i < 4; i++) NEED(pthread_join(threads[i], NULL) == 0);
  SHOW(total);
  SHOW(overlaps);
}
