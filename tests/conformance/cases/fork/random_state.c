// The state of random(3) is copied: parent and child draw the same numbers; getrandom gives different ones: random(3).
// marks: fork
#include <sys/random.h>

#include "relatives.h"

CASE {
  long* drawn = shared_memory(KX_PAGE);
  srandom(77);
  random();
  pid_t child;
  START(child) {
    for (int i = 0; i < 5; i++) drawn[i] = random();
    NEED(getrandom(drawn + 100, 32, 0) == 32);
  }
  reap("child", child);
  int same = 0;
  for (int i = 0; i < 5; i++) same += drawn[i] == random();
  SHOW(same);
  NEED(getrandom(drawn + 200, 32, 0) == 32);
  CHECK(memcmp(drawn + 100, drawn + 200, 32) != 0);
}
