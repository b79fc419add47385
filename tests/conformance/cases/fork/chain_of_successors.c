// Each process makes its successor and ends; the thirtieth still has all its memory and finds the pipe: fork(2).
// marks: fork
#include "relatives.h"

CASE {
  int* numbers = malloc(4096);
  struct gate done = make_gate();
  pid_t first;
  START(first) {
    for (int i = 0; i < 30; i++) {
      numbers[i] = i * i;
      if (must_fork() != 0) _exit(0);
    }
    int sum = 0;
    for (int i = 0; i < 30; i++) sum += numbers[i];
    say("the last: %d\n", sum);
    open_gate(done);
  }
  pass_gate(done);
  reap("first", first);
}
