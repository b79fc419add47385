// Siblings do not see each other's memory, whether the elder has ended or not: fork(2).
// marks: fork
#include "relatives.h"

static int value = 1;

CASE {
  struct gate done = make_gate(), end = make_gate();
  pid_t first, second, third;
  START(first) {
    value = 100;
    open_gate(done);
    pass_gate(end);
    say("first: %d\n", value);
  }
  pass_gate(done);
  value = 2;
  START(second) {
    say("second: %d\n", value);
    value = 200;
  }
  reap("second", second);
  START(third) say("third: %d\n", value);
  reap("third", third);
  open_gate(end);
  reap("first", first);
  SHOW(value);
}
