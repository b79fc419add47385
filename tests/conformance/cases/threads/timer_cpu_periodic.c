// Each thread has its own periodic timer on its own CPU clock, as profilers do: timer_create(2).
// marks: threads
#include <pthread.h>
#include <time.h>

#include "case.h"

enum { Threads = 3, Period_ns = 20000000 };

static __thread volatile int rings;

static void on_timer(int number) {
  (void)number;
  rings++;
}

static double now(void) {
  struct timespec time = {0};
  NEED(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// Works a multiple of `parts` times 80 ms.
static void* profiled(void* parts) {
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF};
  event._sigev_un._tid = gettid();
  timer_t timer;
  NEED(timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) == 0);
  struct itimerspec setting = {.it_interval = {0, Period_ns}, .it_value = {0, Period_ns}};
  NEED(timer_settime(timer, 0, &setting, NULL) == 0);
  double start = now();
  while (now() - start < 0.08 * (double)(intptr_t)parts)
    ;
  double worked = now() - start;
  NEED(timer_delete(timer) == 0);
  int most = (int)(worked * 1e9 / Period_ns) + 1;
  return (void*)(intptr_t)(rings >= 1 && rings <= most);
}

CASE {
  handle(SIGPROF, on_timer, SA_RESTART);
  pthread_t threads[Threads];
  for (long i = 0; i < Threads; i++) NEED(pthread_create(&threads[i], NULL, profiled, (void*)(i + 1)) == 0);
  for (int i = 0; i < Threads; i++) {
    void* good;
    NEED(pthread_join(threads[i], &good) == 0);
    SHOW((intptr_t)good);
  }
}
