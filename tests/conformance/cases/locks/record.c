// Record locks of parent and child exclude each other, and F_GETLK tells whose and where: fcntl(2).
// marks: fork, lane
#include "relatives.h"

static struct flock range(short type, off_t start, off_t length) {
  return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
}

CASE {
  int fd = file_with("file", "0123456789");
  struct flock lock = range(F_WRLCK, 2, 4);
  SHOW(fcntl(fd, F_SETLK, &lock));
  pid_t parent = getpid(), child;
  START(child) {
    lock = range(F_WRLCK, 0, 2);
    SHOW(fcntl(fd, F_SETLK, &lock));
    lock = range(F_RDLCK, 5, 10);
    SHOW(fcntl(fd, F_SETLK, &lock));
    SHOW(fcntl(fd, F_GETLK, &lock));
    say("type %d, start %ld, length %ld, parent's %d\n", lock.l_type == F_WRLCK, (long)lock.l_start, (long)lock.l_len,
        lock.l_pid == parent);
    lock = range(F_RDLCK, 6, 0);
    SHOW(fcntl(fd, F_GETLK, &lock));
    SHOW(lock.l_type == F_UNLCK);
  }
  reap("child", child);
  lock = range(F_RDLCK, 2, 4);
  SHOW(fcntl(fd, F_SETLK, &lock));
  START(child) {
    lock = range(F_RDLCK, 0, 0);
    SHOW(fcntl(fd, F_SETLK, &lock));
    lock = range(F_WRLCK, 0, 0);
    SHOW(fcntl(fd, F_SETLK, &lock));
  }
  reap("child", child);
}
