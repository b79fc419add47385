// The CPU time of a child is not that of its parent: what waits for the parent's own is not woken. setitimer(2),
// clock_nanosleep(2). marks: fork threads
#include <pthread.h>
#include <sys/time.h>

#include "relatives.h"

static volatile int rings;
static volatile int woken, slept = -1;

static void on_timer(int number) {
  (void)number;
  rings++;
}

static void work(double seconds) {
  struct timespec time = {0};
  double start = 0, now = 0;
  do {
    NEED(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
    now = (double)time.tv_sec + (double)time.tv_nsec / 1e9;
    if (start == 0) start = now;
  } while (now - start < seconds);
}

static void* sleeper(void* unused) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
  struct timespec time = {0, 150000000};
  slept = clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &time, NULL);
  woken = 1;
  return unused;
}

CASE {
  handle(SIGPROF, on_timer, SA_RESTART);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, sleeper, NULL) == 0);
  struct itimerval setting = {.it_value = {0, 150000}};
  SHOW(setitimer(ITIMER_PROF, &setting, NULL));
  pid_t child;
  START(child) {
    work(0.5);
  }
  reap("child", child);
  SHOW(rings);
  SHOW(woken);
  work(0.16);
  for (int i = 0; i < 1000 && !rings; i++) work(0.001);
  SHOW(rings);
  SHOW(pthread_join(thread, NULL));
  SHOW(woken);
  SHOW(slept);
}
