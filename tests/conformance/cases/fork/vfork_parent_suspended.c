// The parent of vfork goes on only when the child has ended, whatever the child does before: vfork(2).
// marks: fork
#include "relatives.h"

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  pid_t child = vfork();
  if (child == 0) {
    struct timespec time = {0, 30000000};
    nanosleep(&time, NULL);
    if (write(ends[1], "child", 5) != 5) _exit(1);
    nanosleep(&time, NULL);
    _exit(0);
  }
  char text[16] = "";
  NEED(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  SHOW(read(ends[0], text, 15));
  say("%s\n", text);
  reap("child", child);
}
