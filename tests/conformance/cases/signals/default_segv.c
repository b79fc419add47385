// An unhandled SIGSEGV ends the program with 128 + 11: signal(7).
// variants: static,musl
#include "case.h"

CASE {
  say("before\n");
  *(volatile int*)8 = 1;
  say("not reached\n");
}
