// An unhandled SIGFPE ends the program with 128 + 8: signal(7).
#include "case.h"

CASE {
  volatile int zero = 0;
  say("before\n");
  say("not reached %d\n", 1 / zero);
}
