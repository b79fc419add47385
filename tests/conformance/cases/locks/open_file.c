// Open file description locks are inherited with the open file and conflict with record locks: fcntl(2).
// marks: fork
#include "relatives.h"

CASE {
  int fd = file_with("file", "0123456789");
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 5};
  SHOW(fcntl(fd, F_OFD_SETLK, &lock));
  pid_t child;
  START(child) {
    SHOW(fcntl(fd, F_OFD_SETLK, &lock));
    int other = open("file", O_RDWR);
    SHOW(fcntl(other, F_OFD_SETLK, &lock));
    SHOW(fcntl(other, F_SETLK, &lock));
    SHOW(fcntl(other, F_OFD_GETLK, &lock));
    say("by number %d\n", lock.l_pid);
    struct flock unlock = {.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_len = 2};
    SHOW(fcntl(fd, F_OFD_SETLK, &unlock));
  }
  reap("child", child);
  int other = open("file", O_RDWR);
  struct flock first = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 2};
  SHOW(fcntl(other, F_OFD_SETLK, &first));
  first.l_len = 3;
  SHOW(fcntl(other, F_OFD_SETLK, &first));
}
