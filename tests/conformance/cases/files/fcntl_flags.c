// F_GETFL, F_SETFL, F_GETFD, F_SETFD: what can be changed and what is reported: fcntl(2).
#include "case.h"

static void show_flags(int fd) {
  int flags = fcntl(fd, F_GETFL);
  say("access %d%s%s%s%s\n", flags & O_ACCMODE, flags & O_APPEND ? " append" : "",
      flags & O_NONBLOCK ? " nonblock" : "", flags & O_DIRECTORY ? " directory" : "", flags & O_CREAT ? " creat" : "");
}

CASE {
  close(file_with("file", "0123456789"));
  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  show_flags(fd);
  SHOW(fcntl(fd, F_GETFD));
  SHOW(fcntl(fd, F_SETFD, 0));
  SHOW(fcntl(fd, F_GETFD));
  SHOW(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK | O_WRONLY));
  show_flags(fd);
  SHOW(write(fd, "abc", 3));
  SHOW(pwrite(fd, "def", 3, 0));
  SHOW(lseek(fd, 0, SEEK_END));
  int copy = dup(fd);
  SHOW(fcntl(copy, F_SETFL, 0));
  show_flags(fd);
  show_flags(open(".", O_RDONLY | O_DIRECTORY));
  show_flags(open("/dev/null", O_WRONLY | O_NONBLOCK));
  SHOW(fcntl(fd, 9999));
  SHOW(fcntl(fd, F_GETOWN));
}
