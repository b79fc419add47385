// Sleeping by CPU clocks: interrupted by a handler, by the clock of another thread and by one's own. clock_nanosleep(2)
// marks: threads
#include <pthread.h>
#include <time.h>

#include "case.h"

static pthread_t sleeper;
static volatile int stop;

static void on_signal(int number) {
  (void)number;
}

static void* disturber(void* unused) {
  while (!stop) {
    usleep(20000);
    pthread_kill(sleeper, SIGUSR1);
  }
  return unused;
}

static volatile pid_t tid;

static void* worker(void* unused) {
  tid = gettid();
  while (!stop)
    ;
  return unused;
}

CASE {
  handle(SIGUSR1, on_signal, SA_RESTART);
  sleeper = pthread_self();
  pthread_t thread;
  struct timespec time = {5, 0}, rest = {-1, -1};
  // Of the own thread's clock this never ends.
  SHOW(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &time, NULL));
  clockid_t own;
  SHOW(pthread_getcpuclockid(sleeper, &own));
  SHOW(clock_nanosleep(own, 0, &time, NULL));

  NEED(pthread_create(&thread, NULL, disturber, NULL) == 0);
  SHOW(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &time, &rest));
  CHECK(rest.tv_sec == 4 && rest.tv_nsec > 0);
  rest = (struct timespec){-1, -1};
  SHOW(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &(struct timespec){1000, 0}, &rest));
  CHECK(rest.tv_sec == -1 && rest.tv_nsec == -1);
  SHOW(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &(struct timespec){0, 1}, NULL));
  stop = 1;
  NEED(pthread_join(thread, NULL) == 0);

  stop = 0;
  NEED(pthread_create(&thread, NULL, worker, NULL) == 0);
  clockid_t clock;
  NEED(pthread_getcpuclockid(thread, &clock) == 0);
  struct timespec before, after;
  NEED(clock_gettime(clock, &before) == 0);
  time = (struct timespec){0, 30000000};
  SHOW(clock_nanosleep(clock, 0, &time, NULL));
  NEED(clock_gettime(clock, &after) == 0);
  CHECK((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >= 30000000);
  stop = 1;
  NEED(pthread_join(thread, NULL) == 0);
  // A joined thread may still be ending; when it is gone, so is its clock.
  while (tgkill(getpid(), tid, 0) == 0) usleep(1000);
  SHOW(clock_nanosleep(clock, 0, &time, NULL));
}
