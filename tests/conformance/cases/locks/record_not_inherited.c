// Record locks are not inherited, and a child that closes the file does not release its parent's: fcntl(2).
// marks: fork
#include "relatives.h"

CASE {
  int fd = file_with("file", "0123456789");
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  SHOW(fcntl(fd, F_SETLK, &lock));
  pid_t child, second;
  START(child) {
    SHOW(fcntl(fd, F_SETLK, &lock));
    struct flock unlock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    SHOW(fcntl(fd, F_SETLK, &unlock));
    close(fd);
    close(open("file", O_RDWR));
  }
  reap("child", child);
  START(second) SHOW(fcntl(fd, F_SETLK, &lock));
  reap("second child", second);
  close(open("file", O_RDONLY));
  START(second) SHOW(fcntl(fd, F_SETLK, &lock));
  reap("child after the parent closed another descriptor", second);
}
