// fexecve and execveat in children; a close-on-exec descriptor works for a binary: fexecve(3), execveat(2).
// marks: fork
#include "rerun.h"

AGAIN {
  say("again: %s\n", words[0]);
  return 0;
}

CASE {
  int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  NEED(fd >= 0);
  char* arguments[] = {own_words[0], own_words[1], "fexecve", NULL};
  pid_t child;
  START(child) fexecve(fd, arguments, environ);
  reap("fexecve", child);
  arguments[2] = "execveat";
  START(child) syscall(SYS_execveat, fd, "", arguments, environ, AT_EMPTY_PATH);
  reap("execveat", child);
  SHOW(fcntl(fd, F_GETFD));
}
