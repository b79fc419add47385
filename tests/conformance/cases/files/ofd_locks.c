// Locks of open file descriptions conflict within one process: fcntl(2), F_OFD_SETLK.
#include "case.h"

static long lock(int fd, int command, short type, off_t start, off_t length) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  long result = fcntl(fd, command, &lock);
  if (result == 0 && command == F_OFD_GETLK)
    say("  type %d start %ld length %ld pid %d\n", lock.l_type, (long)lock.l_start, (long)lock.l_len, lock.l_pid);
  return result;
}

CASE {
  int one = file_with("file", "0123456789"), two = open("file", O_RDWR), copy = dup(one);
  SHOW(lock(one, F_OFD_SETLK, F_WRLCK, 0, 5));
  SHOW(lock(two, F_OFD_SETLK, F_WRLCK, 4, 2));
  SHOW(lock(two, F_OFD_SETLK, F_RDLCK, 0, 1));
  SHOW(lock(two, F_OFD_SETLK, F_WRLCK, 5, 2));
  SHOW(lock(two, F_OFD_GETLK, F_WRLCK, 0, 0));
  SHOW(lock(copy, F_OFD_SETLK, F_WRLCK, 0, 2));
  SHOW(close(copy));
  SHOW(lock(two, F_OFD_SETLK, F_WRLCK, 0, 2));
  SHOW(close(one));
  SHOW(lock(two, F_OFD_SETLK, F_WRLCK, 0, 2));
  SHOW(lock(two, F_SETLK, F_WRLCK, 0, 1));
}
