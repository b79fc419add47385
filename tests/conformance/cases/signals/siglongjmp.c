// siglongjmp leaves a handler and puts the mask back, many times: sigsetjmp(3).
// variants: static,musl
#include <setjmp.h>

#include "case.h"

static sigjmp_buf escape;

static void on_signal(int number) {
  siglongjmp(escape, number);
}

CASE {
  handle(SIGUSR1, on_signal, 0);
  handle(SIGSEGV, on_signal, 0);
  volatile int signals = 0, faults = 0;
  for (volatile int i = 0; i < 2000; i++) {
    int number = sigsetjmp(escape, 1);
    if (number == SIGUSR1)
      signals++;
    else if (number == SIGSEGV)
      faults++;
    else if (i % 2)
      raise(SIGUSR1);
    else
      *(volatile int*)8 = 1;
  }
  SHOW(signals);
  SHOW(faults);
  sigset_t now;
  NEED(sigprocmask(SIG_SETMASK, NULL, &now) == 0);
  say("blocked %d %d\n", sigismember(&now, SIGUSR1), sigismember(&now, SIGSEGV));
}
