// The nice value is inherited; a child's change is its own: nice(2).
// marks: fork
#include <sys/resource.h>

#include "relatives.h"

CASE {
  NEED(setpriority(PRIO_PROCESS, 0, 16) == 0);
  SHOW(nice(1));
  pid_t child;
  START(child) {
    say("child: %d\n", getpriority(PRIO_PROCESS, 0));
    SHOW(nice(1));
  }
  reap("child", child);
  SHOW(getpriority(PRIO_PROCESS, 0));
}
