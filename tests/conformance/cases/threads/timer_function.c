// A timer with SIGEV_THREAD runs its function in another thread each time, with its value: timer_create(2).
// marks: threads
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "relatives.h"

static sem_t ticks;
static atomic_int wrong, total;
static pthread_t main_thread;

static void on_tick(union sigval value) {
  if (value.sival_int != 77 || pthread_equal(pthread_self(), main_thread)) wrong++;
  sigset_t mask;
  NEED(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
  if (!sigismember(&mask, SIGUSR1)) wrong++;
  total++;
  NEED(sem_post(&ticks) == 0);
}

CASE {
  timer_t timer;
  struct sigevent event;
  memset(&event, 0, sizeof event);
  event.sigev_notify = SIGEV_THREAD;
  event.sigev_value.sival_int = 77;
  event.sigev_notify_function = on_tick;
  main_thread = pthread_self();
  NEED(sem_init(&ticks, 0, 0) == 0);
  SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
  struct itimerspec every = {{0, 10000000}, {0, 10000000}}, once = {{0, 0}, {0, 1000000}}, off = {{0, 0}, {0, 0}}, was;
  SHOW(timer_settime(timer, 0, &every, NULL));
  for (int i = 0; i < 5; i++) NEED(sem_wait(&ticks) == 0);
  SHOW(timer_settime(timer, 0, &off, NULL));
  say("five ticks, wrong %d\n", wrong);
  SHOW(timer_settime(timer, 0, &once, NULL));
  NEED(sem_wait(&ticks) == 0);
  SHOW(timer_gettime(timer, &was));
  SHOW(was.it_interval.tv_nsec);
  SHOW(timer_delete(timer));
  CHECK(total >= 6);
}
