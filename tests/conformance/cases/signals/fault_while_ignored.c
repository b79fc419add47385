// An ignored SIGSEGV still ends a program that faults: signal(7).
#include "case.h"

CASE {
  handle(SIGSEGV, SIG_IGN, 0);
  SHOW(raise(SIGSEGV));
  *(volatile int*)8 = 1;
  say("not reached\n");
}
