// Parent and child set their own alarms, and each gets its own: alarm(2).
// marks: fork
#include <sys/time.h>

#include "relatives.h"

static volatile int rung;

static void on_alarm(int number) {
  rung = number;
}

CASE {
  handle(SIGALRM, on_alarm, 0);
  struct itimerval soon = {{0, 0}, {0, 20000}};
  sigset_t old;
  block_signal(SIGALRM);
  sigprocmask(SIG_BLOCK, NULL, &old);
  sigdelset(&old, SIGALRM);
  NEED(setitimer(ITIMER_REAL, &soon, NULL) == 0);
  pid_t child;
  START(child) {
    say("child: nothing pending before %d\n", getitimer(ITIMER_REAL, &soon) == 0 && soon.it_value.tv_usec == 0);
    soon.it_value.tv_usec = 30000;
    NEED(setitimer(ITIMER_REAL, &soon, NULL) == 0);
    while (!rung) sigsuspend(&old);
    say("child: %s\n", signal_name(rung));
    unblock_signal(SIGALRM);
    handle(SIGALRM, SIG_DFL, 0);
    NEED(setitimer(ITIMER_REAL, &soon, NULL) == 0);
    for (;;) pause();
  }
  while (!rung) sigsuspend(&old);
  reap("child", child);
  say("parent: %s\n", signal_name(rung));
}
