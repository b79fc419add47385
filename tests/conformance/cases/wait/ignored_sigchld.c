// With SIGCHLD ignored children leave no zombie; wait blocks for all of them and gives ECHILD: wait(2).
// marks: fork
#include "relatives.h"

CASE {
  handle(SIGCHLD, SIG_IGN, 0);
  int ends[2];
  NEED(pipe(ends) == 0);
  pid_t children[3];
  for (int i = 0; i < 3; i++) START(children[i]) NEED(write(ends[1], "x", 1) == 1);
  SHOW(waitpid(children[1], NULL, 0));
  SHOW(wait(NULL));
  char text[8];
  SHOW(read(ends[0], text, 8));
  SHOW(kill(children[0], 0));
}
