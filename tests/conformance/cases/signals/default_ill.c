// An unhandled SIGILL ends the program with 128 + 4: signal(7).
#include "case.h"

CASE {
  say("before\n");
  __builtin_trap();
}
