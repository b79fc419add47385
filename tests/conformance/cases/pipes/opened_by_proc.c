// A child opens the parent's pipe anew by /proc/self/fd and writes into it: proc(5).
// marks: fork
#include "relatives.h"

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  char path[64], text[16] = "";
  snprintf(path, sizeof path, "/proc/self/fd/%d", ends[1]);
  pid_t child;
  START(child) {
    int writer = open(path, O_WRONLY);
    NEED(writer >= 0 && writer != ends[1]);
    close(ends[1]);
    NEED(write(writer, "anew", 4) == 4);
  }
  reap("child", child);
  SHOW(read(ends[0], text, 15));
  say("%s\n", text);
}
