// A program that runs cannot be opened for writing; when it has ended it can: execve(2), ETXTBSY.
// marks: fork
#include "relatives.h"

CASE {
  int in = open("/bin/cat", O_RDONLY), out = open("copy", O_WRONLY | O_CREAT, 0755), ends[2];
  char buffer[65536];
  ssize_t got;
  while ((got = read(in, buffer, sizeof buffer)) > 0) NEED(write(out, buffer, (size_t)got) == got);
  NEED(pipe2(ends, O_CLOEXEC) == 0);
  pid_t child;
  START(child) SHOW(execl("./copy", "copy", (char*)NULL));
  reap("program that is open for writing", child);
  close(out);
  START(child) {
    NEED(dup2(ends[0], 0) == 0);
    execl("./copy", "copy", (char*)NULL);
  }
  NEED(write(ends[1], "line\n", 5) == 5);
  close(ends[1]);
  reap("copy", child);
  SHOW(open("copy", O_WRONLY) >= 0);
}
