// A failing exec leaves the child and its open descriptors as they were: execve(2).
// marks: fork
#include "relatives.h"

CASE {
  close(file_with("text", "no program"));
  NEED(chmod("text", 0755) == 0 && mkdir("d", 0755) == 0);
  int fd = open("text", O_RDONLY | O_CLOEXEC);
  char* words[] = {"x", NULL};
  pid_t child;
  START(child) {
    SHOW(execv("missing", words));
    SHOW(execv("text", words));
    SHOW(execv("d", words));
    SHOW(fcntl(fd, F_GETFD));
    _exit(126);
  }
  reap("child", child);
}
