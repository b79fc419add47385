// Record locks of the process itself: own locks never conflict, F_GETLK, errors: fcntl(2).
#include "case.h"

static long lock(int fd, int command, short type, off_t start, off_t length) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  long result = fcntl(fd, command, &lock);
  if (result == 0 && (command == F_GETLK || command == F_OFD_GETLK))
    say("  type %d start %ld length %ld\n", lock.l_type, (long)lock.l_start, (long)lock.l_len);
  return result;
}

CASE {
  int fd = file_with("file", "0123456789"), other = open("file", O_RDWR), read_only = open("file", O_RDONLY);
  SHOW(lock(fd, F_SETLK, F_WRLCK, 0, 5));
  SHOW(lock(other, F_SETLK, F_WRLCK, 0, 5));
  SHOW(lock(other, F_GETLK, F_WRLCK, 0, 0));
  SHOW(lock(fd, F_SETLKW, F_RDLCK, 2, 10));
  SHOW(lock(fd, F_SETLK, F_UNLCK, 0, 0));
  SHOW(lock(read_only, F_SETLK, F_WRLCK, 0, 5));
  SHOW(lock(read_only, F_SETLK, F_RDLCK, 0, 5));
  SHOW(lock(fd, F_SETLK, 77, 0, 5));
  SHOW(lock(fd, F_SETLK, F_WRLCK, -5, 5));
  SHOW(fcntl(fd, F_SETLK, (struct flock*)8));
  SHOW(lockf(fd, F_TLOCK, 3));
  SHOW(lockf(fd, F_ULOCK, 3));
}
