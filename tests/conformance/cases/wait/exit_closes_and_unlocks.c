// When the parent sees the end of a child, the child's descriptors are closed and its locks are gone: exit(2).
// marks: fork
#include <sys/file.h>

#include "relatives.h"

CASE {
  int ends[2], fd = file_with("file", "x");
  NEED(pipe(ends) == 0);
  pid_t child;
  START(child) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    NEED(fcntl(fd, F_SETLK, &lock) == 0);
    int own = open("file", O_RDWR);
    NEED(flock(own, LOCK_EX) == 0);
    raise(SIGKILL);
  }
  close(ends[1]);
  reap("child", child);
  char byte;
  NEED(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  SHOW(read(ends[0], &byte, 1));
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  SHOW(fcntl(fd, F_GETLK, &lock));
  SHOW(lock.l_type == F_UNLCK);
  SHOW(flock(open("file", O_RDWR), LOCK_EX | LOCK_NB));
}
