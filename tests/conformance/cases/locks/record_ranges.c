// Locking and unlocking parts splits and joins record locks as others see them: fcntl(2).
// marks: fork
#include "relatives.h"

static int fd;

static void set(short type, off_t start, off_t length) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  NEED(fcntl(fd, F_SETLK, &lock) == 0);
}

static void show(const char* when) {
  pid_t child;
  START(child) {
    char map[21] = "....................";
    for (int i = 0; i < 20; i++) {
      struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = i, .l_len = 1};
      NEED(fcntl(fd, F_GETLK, &lock) == 0);
      map[i] = lock.l_type == F_UNLCK ? '.' : lock.l_type == F_RDLCK ? 'r' : 'w';
    }
    say("%s: %s\n", when, map);
  }
  ended(child);
}

CASE {
  fd = file_with("file", "");
  set(F_WRLCK, 2, 10);
  show("2 to 11");
  set(F_UNLCK, 5, 2);
  show("without 5 and 6");
  set(F_RDLCK, 8, 8);
  show("8 to 15 for reading");
  set(F_WRLCK, 5, 2);
  show("5 and 6 again");
  set(F_UNLCK, 10, 0);
  show("nothing from 10");
  set(F_RDLCK, 0, 0);
  show("all for reading");
}
