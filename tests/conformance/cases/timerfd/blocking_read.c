// A blocking read of a timer: woken by another thread's setting, ended by a signal, restarted with SA_RESTART: read(2).
// marks: threads
#include <pthread.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#include "readiness.h"

static int fd;
static struct itimerspec past = {{0, 0}, {1, 0}};

static void* reader(void* unused) {
  (void)unused;
  uint64_t count = 0;
  SHOW(read(fd, &count, 8));
  SHOW(count);
  return NULL;
}

static void on_signal(int number) {
  (void)number;
}

static void on_signal_sets(int number) {
  (void)number;
  NEED(timerfd_settime(fd, TFD_TIMER_ABSTIME, &past, NULL) == 0);
}

CASE {
  pthread_t thread;
  uint64_t count = 0;
  struct itimerval soon = {{0, 0}, {0, 20000}};
  fd = timerfd_create(CLOCK_MONOTONIC, 0);
  NEED(pthread_create(&thread, NULL, reader, NULL) == 0);
  nap();
  NEED(timerfd_settime(fd, TFD_TIMER_ABSTIME, &past, NULL) == 0);
  NEED(pthread_join(thread, NULL) == 0);
  handle(SIGALRM, on_signal, 0);
  NEED(setitimer(ITIMER_REAL, &soon, NULL) == 0);
  SHOW(read(fd, &count, 8));
  handle(SIGALRM, on_signal_sets, SA_RESTART);
  NEED(setitimer(ITIMER_REAL, &soon, NULL) == 0);
  SHOW(read(fd, &count, 8));
  SHOW(count);
}
