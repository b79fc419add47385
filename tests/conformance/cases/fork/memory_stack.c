// Stack memory is private to parent and child after fork: fork(2).
// marks: fork, lane
#include "relatives.h"

CASE {
  volatile int values[3000];
  for (int i = 0; i < 3000; i++) values[i] = i;
  pid_t child;
  START(child) {
    long sum = 0;
    for (int i = 0; i < 3000; i++) sum += values[i];
    for (int i = 0; i < 3000; i++) values[i] = -1;
    say("child: %ld, then %d %d\n", sum, values[0], values[2999]);
  }
  reap("child", child);
  long sum = 0;
  for (int i = 0; i < 3000; i++) sum += values[i];
  SHOW(sum);
}
