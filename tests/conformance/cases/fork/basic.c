// fork gives 0 in the child and the child's number in the parent; the child runs from there: fork(2).
// marks: fork, lane
// variants: static,musl,static-pie
#include "relatives.h"

CASE {
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) {
    say("child: own number differs %d, parent's is known %d\n", getpid() != parent, getppid() == parent);
    _exit(7);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  say_status("child", status);
  CHECK(child > 0);
  CHECK(getpid() == parent);
}
