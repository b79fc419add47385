// An unhandled SIGTRAP ends the program with 128 + 5: signal(7).
#include "case.h"

CASE {
  say("before\n");
  __asm__ volatile("int3");
  say("not reached\n");
}
