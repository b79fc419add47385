// A fault in a child ends the child alone; the parent then forks on: fork(2).
// marks: fork
#include "relatives.h"

static volatile int zero;

CASE {
  pid_t child;
  START(child) * (volatile int*)8 = 1;
  reap("null pointer", child);
  START(child) zero = 100 / zero;
  reap("division", child);
  START(child) __asm__ volatile("ud2");
  reap("ud2", child);
  START(child) __asm__ volatile("hlt");
  reap("hlt", child);
  START(child) abort();
  reap("abort", child);
  START(child) say("the next child is well\n");
  reap("well", child);
}
