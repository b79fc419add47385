// A POSIX timer in a child sends its signal with value to the child: timer_create(2).
// marks: fork
#include "relatives.h"

CASE {
  block_signal(SIGRTMIN + 4);
  pid_t child;
  START(child) {
    timer_t timer;
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 4, .sigev_value = {.sival_int = 66}};
    struct itimerspec setting = {{0, 0}, {0, 5000000}};
    NEED(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_settime(timer, 0, &setting, NULL) == 0);
    sigset_t set = set_of(SIGRTMIN + 4);
    siginfo_t info;
    NEED(sigwaitinfo(&set, &info) == SIGRTMIN + 4);
    say("child: code %d, value %d\n", info.si_code, info.si_value.sival_int);
  }
  reap("child", child);
  sigset_t set;
  NEED(sigpending(&set) == 0);
  SHOW(sigismember(&set, SIGRTMIN + 4));
}
