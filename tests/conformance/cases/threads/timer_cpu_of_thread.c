// Timers on the CPU clock of one thread count its work, not that of the others: timer_create(2),
// pthread_getcpuclockid(3). marks: threads
#include <pthread.h>
#include <time.h>

#include "case.h"

static volatile int rings_of_main, rings_of_worker;
static pthread_barrier_t both;

static void on_main(int number) {
  (void)number;
  rings_of_main++;
}

static void on_worker(int number) {
  (void)number;
  rings_of_worker++;
}

static double now(clockid_t clock) {
  struct timespec time = {0};
  NEED(clock_gettime(clock, &time) == 0);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void work(double seconds) {
  double end = now(CLOCK_THREAD_CPUTIME_ID) + seconds;
  while (now(CLOCK_THREAD_CPUTIME_ID) < end)
    ;
}

static volatile pid_t tid;

static void* worker(void* unused) {
  tid = gettid();
  pthread_barrier_wait(&both);  // armed
  work(0.15);
  pthread_barrier_wait(&both);
  return unused;
}

static timer_t timer_on(clockid_t clock, int number) {
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
  timer_t timer;
  NEED(timer_create(clock, &event, &timer) == 0);
  return timer;
}

CASE {
  handle(SIGUSR1, on_main, SA_RESTART);
  handle(SIGUSR2, on_worker, SA_RESTART);
  pthread_barrier_init(&both, NULL, 2);
  pthread_t thread;
  clockid_t clock;
  NEED(pthread_create(&thread, NULL, worker, NULL) == 0);
  SHOW(pthread_getcpuclockid(thread, &clock));
  timer_t mine = timer_on(CLOCK_THREAD_CPUTIME_ID, SIGUSR1), others = timer_on(clock, SIGUSR2);
  struct itimerspec setting = {.it_value = {0, 60000000}}, left;
  SHOW(timer_settime(mine, 0, &setting, NULL));
  SHOW(timer_settime(others, 0, &setting, NULL));
  pthread_barrier_wait(&both);
  pthread_barrier_wait(&both);  // the worker has worked, this thread has slept
  SHOW(rings_of_main);
  for (int i = 0; i < 1000 && !rings_of_worker; i++) usleep(1000);
  SHOW(rings_of_worker);
  SHOW(timer_gettime(mine, &left));
  CHECK(left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 60000000);
  SHOW(timer_gettime(others, &left));
  CHECK(left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0);
  work(0.07);
  for (int i = 0; i < 1000 && !rings_of_main; i++) work(0.001);
  SHOW(rings_of_main);
  SHOW(timer_delete(mine));
  SHOW(pthread_join(thread, NULL));
  // A joined thread may still be ending; when it is gone, nothing counts any more.
  while (tgkill(getpid(), tid, 0) == 0) usleep(1000);
  SHOW(timer_settime(others, 0, &setting, NULL));
  SHOW(timer_delete(others));
  SHOW(clock_gettime(clock, &setting.it_value));
  struct sigevent event = {.sigev_notify = SIGEV_NONE};
  SHOW(timer_create(clock, &event, &others));
}
