// A fault whose signal is blocked or ignored ends the program all the same: signal(7).
#include "case.h"

static void on_fault(int number) {
  say("got %s\n", signal_name(number));
}

CASE {
  handle(SIGSEGV, on_fault, 0);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGSEGV);
  SHOW(sigprocmask(SIG_BLOCK, &set, NULL));
  *(volatile int*)8 = 1;
  say("not reached\n");
}
