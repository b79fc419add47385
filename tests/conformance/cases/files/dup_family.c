// dup, dup2, dup3, F_DUPFD: shared position, lowest number, errors: dup(2).
// variants: static,musl
#include <sys/resource.h>

#include "case.h"

CASE {
  int fd = file_with("file", "0123456789");
  int copy = SHOW(dup(fd));
  char byte;
  SHOW(read(fd, &byte, 1));
  SHOW(read(copy, &byte, 1));
  SHOW(byte);
  SHOW(dup2(fd, 20));
  SHOW(dup2(fd, fd));
  SHOW(dup2(99, 99));
  SHOW(dup2(99, 5));
  SHOW(dup2(fd, -1));
  SHOW(dup2(fd, 1 << 30));
  SHOW(dup3(fd, fd, 0));
  SHOW(dup3(fd, 21, O_CLOEXEC));
  SHOW(fcntl(21, F_GETFD));
  SHOW(dup3(fd, 22, O_APPEND));
  SHOW(fcntl(fd, F_DUPFD, 30));
  SHOW(fcntl(fd, F_DUPFD, 30));
  SHOW(fcntl(fd, F_DUPFD_CLOEXEC, 3));
  SHOW(fcntl(fd, F_DUPFD, -1));
  SHOW(close(fd));
  SHOW(dup(copy));
  SHOW(lseek(31, 0, SEEK_CUR));
}
