// pidfd_getfd duplicates a descriptor of a child: the same open file: pidfd_getfd(2).
// marks: fork
#include <sys/pidfd.h>

#include "relatives.h"

CASE {
  struct gate ready = make_gate(), end = make_gate();
  pid_t child;
  START(child) {
    int fd = file_with("file", "0123456789");
    NEED(dup2(fd, 77) == 77 && lseek(fd, 4, SEEK_SET) == 4);
    open_gate(ready);
    pass_gate(end);
    say("child: offset %ld\n", (long)lseek(fd, 0, SEEK_CUR));
  }
  pass_gate(ready);
  int pidfd = pidfd_open(child, 0);
  int fd = pidfd_getfd(pidfd, 77, 0);
  char text[4] = "";
  SHOW(fcntl(fd, F_GETFD));
  SHOW(read(fd, text, 3));
  say("%s\n", text);
  SHOW(pidfd_getfd(pidfd, 99, 0));
  SHOW(pidfd_getfd(pidfd, 77, 1));
  SHOW(pidfd_getfd(0, 77, 0));
  open_gate(end);
  reap("child", child);
  SHOW(pidfd_getfd(pidfd, 77, 0));
}
