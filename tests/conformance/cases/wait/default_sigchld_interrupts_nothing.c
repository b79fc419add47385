// With the default action SIGCHLD neither ends nor interrupts anything: signal(7).
// marks: fork
#include "relatives.h"

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  pid_t quick, slow;
  START(quick) _exit(1);
  START(slow) {
    nap();
    NEED(write(ends[1], "x", 1) == 1);
  }
  char byte;
  SHOW(read(ends[0], &byte, 1));
  struct timespec time = {0, 10000000};
  SHOW(nanosleep(&time, NULL));
  reap("quick", quick);
  reap("slow", slow);
}
