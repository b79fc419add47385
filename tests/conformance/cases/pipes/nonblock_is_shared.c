// O_NONBLOCK that the child sets holds in the parent too, as it is of the open file: fcntl(2).
// marks: fork
// pvm-skip: a pipe opened anew by /proc/self/fd is the same open file
#include "relatives.h"

CASE {
  int ends[2];
  char byte;
  NEED(pipe(ends) == 0);
  pid_t child;
  START(child) NEED(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  reap("child", child);
  SHOW(read(ends[0], &byte, 1));
  SHOW(fcntl(ends[1], F_GETFL) & O_NONBLOCK);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
  int anew = open(path, O_RDONLY);
  SHOW(fcntl(anew, F_GETFL) & O_NONBLOCK);
}
