// File status flags belong to the open file and are common; descriptor flags are not: fcntl(2).
// marks: fork
#include "relatives.h"

CASE {
  int fd = file_with("file", "0123456789");
  pid_t child;
  START(child) {
    NEED(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK) == 0);
    NEED(fcntl(fd, F_SETFD, FD_CLOEXEC) == 0);
  }
  reap("child", child);
  SHOW(fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK));
  SHOW(fcntl(fd, F_GETFD));
  NEED(lseek(fd, 0, SEEK_SET) == 0 && write(fd, "x", 1) == 1);
  SHOW(lseek(fd, 0, SEEK_END));
  NEED(fcntl(fd, F_SETFL, 0) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0);
  START(child) {
    SHOW(fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK));
    SHOW(fcntl(fd, F_GETFD));
  }
  reap("child", child);
}
