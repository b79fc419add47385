// A child's streams are pipes of its parent, and it executes cat and tr: dup2(2).
// marks: fork
#include "relatives.h"

CASE {
  int in[2], out[2];
  NEED(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
  pid_t child;
  START(child) {
    NEED(dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1);
    execl("/usr/bin/tr", "tr", "a-z", "A-Z", (char*)NULL);
  }
  close(in[0]);
  close(out[1]);
  NEED(write(in[1], "through a pipe\n", 15) == 15 && close(in[1]) == 0);
  char text[64] = "";
  size_t size = 0;
  ssize_t got;
  while ((got = read(out[0], text + size, sizeof text - 1 - size)) > 0) size += (size_t)got;
  say("%s", text);
  reap("tr", child);
}
