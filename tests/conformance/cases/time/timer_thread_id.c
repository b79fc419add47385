// SIGEV_THREAD_ID sends the timer's signal to the given thread: timer_create(2).
#include <time.h>

#include "case.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static volatile int rings;

static void on_timer(int number, siginfo_t* info, void* context) {
  (void)context;
  say("%s code %d\n", signal_name(number), info->si_code);
  rings++;
}

CASE {
  struct sigevent event = {0};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGUSR2;
  event.sigev_notify_thread_id = (int)syscall(SYS_gettid);
  handle_info(SIGUSR2, on_timer, 0);
  // Blocked until the calls have been printed: the timer does not wait for a busy machine.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  timer_t timer;
  SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
  struct itimerspec setting = {.it_value = {0, 1000000}};
  SHOW(timer_settime(timer, 0, &setting, NULL));
  NEED(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
  while (!rings)
    ;
  event.sigev_notify_thread_id = 999999999;
  SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
}
