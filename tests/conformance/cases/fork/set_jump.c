// A jump to a place set before fork works in both processes: setjmp(3).
// marks: fork
#include <setjmp.h>

#include "relatives.h"

static jmp_buf place;

CASE {
  volatile pid_t child = 0;
  volatile int made = 0;
  int times = setjmp(place);
  if (!made) {
    made = 1;
    child = must_fork();
    if (child > 0) reap("child", child);
    longjmp(place, child ? 7 : 8);
  }
  say("%s: back with %d\n", child ? "parent" : "child", times);
  if (child == 0) _exit(3);
}
