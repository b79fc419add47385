// Splitting, joining and changing ranges, seen by an open file description, which conflicts: fcntl(2).
#include "case.h"

static int mine, other;

static long lock(short type, short whence, off_t start, off_t length) {
  struct flock lock = {.l_type = type, .l_whence = whence, .l_start = start, .l_len = length};
  return fcntl(mine, F_SETLK, &lock);
}

// The locks of the process, one after the other.
static void show(void) {
  off_t at = 0;
  for (int i = 0; i < 10; ++i) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 0};
    NEED(fcntl(other, F_OFD_GETLK, &lock) == 0);
    if (lock.l_type == F_UNLCK) break;
    say("  %s from %ld, length %ld\n", lock.l_type == F_RDLCK ? "read" : "write", (long)lock.l_start, (long)lock.l_len);
    if (lock.l_len == 0) break;
    at = lock.l_start + lock.l_len;
  }
}

CASE {
  mine = file_with("file", "0123456789");
  other = open("file", O_RDWR);
  SHOW(lock(F_WRLCK, SEEK_SET, 10, 20));
  show();
  SHOW(lock(F_UNLCK, SEEK_SET, 15, 5));
  show();
  SHOW(lock(F_RDLCK, SEEK_SET, 22, 4));
  show();
  SHOW(lock(F_RDLCK, SEEK_SET, 0, 12));
  show();
  SHOW(lock(F_WRLCK, SEEK_SET, 0, 40));
  show();
  SHOW(lock(F_UNLCK, SEEK_SET, 0, 0));
  show();
  SHOW(lock(F_WRLCK, SEEK_END, -4, 0));
  show();
  SHOW(lock(F_UNLCK, SEEK_SET, 0, 100));
  show();
  SHOW(lock(F_UNLCK, SEEK_SET, 0, 0));
  NEED(lseek(mine, 8, SEEK_SET) == 8);
  SHOW(lock(F_RDLCK, SEEK_CUR, -2, 4));
  show();
  SHOW(lock(F_RDLCK, SEEK_SET, 10, 5));
  show();
  SHOW(lock(F_UNLCK, SEEK_CUR, 0, -8));
  show();
  SHOW(lock(F_RDLCK, SEEK_CUR, 0, -9));
  SHOW(lock(F_RDLCK, SEEK_CUR, -9, 1));
  SHOW(lock(F_RDLCK, 9, 0, 1));
  SHOW(lock(F_RDLCK, SEEK_CUR, LONG_MAX, 1));
  SHOW(lock(F_RDLCK, SEEK_SET, LONG_MAX, 2));
  SHOW(lock(F_RDLCK, SEEK_SET, LONG_MAX, 1));
}
