// Children that ended one after the other are found by waitpid for their numbers in any order: waitpid(2).
// marks: fork
#include "relatives.h"

CASE {
  pid_t children[3];
  for (int i = 0; i < 3; i++) {
    START(children[i]) _exit(i + 1);
    await_zombie(children[i]);
  }
  reap("third", children[2]);
  reap("first", children[0]);
  SHOW(waitpid(children[0], NULL, 0));
  int status;
  CHECK(waitpid(-1, &status, WNOHANG) == children[1]);
  say_status("the one left", status);
}
