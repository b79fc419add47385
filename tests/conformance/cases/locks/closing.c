// Closing any descriptor of a file ends the locks of the process on it: fcntl(2).
#include "case.h"

static int other;

static void look(const char* when) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
  NEED(fcntl(other, F_OFD_GETLK, &lock) == 0);
  say("%s: %s\n", when, lock.l_type == F_UNLCK ? "free" : "locked");
}

static void take(int fd) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 5};
  NEED(fcntl(fd, F_SETLK, &lock) == 0);
  look("taken");
}

CASE {
  int fd = file_with("file", "0123456789"), another = file_with("another", "");
  other = open("file", O_RDWR);
  int second = open("file", O_RDONLY), copy = dup(fd);
  take(fd);
  SHOW(close(another));
  look("another file closed");
  SHOW(close(second));
  look("another open file of it closed");
  take(fd);
  SHOW(close(copy));
  look("a duplicate closed");
  take(fd);
  copy = dup(fd);
  SHOW(dup2(STDOUT_FILENO, copy) == copy);
  look("a duplicate replaced");
  take(fd);
  copy = dup(fd);
  SHOW(close_range((unsigned)copy, (unsigned)copy, 0));
  look("a range closed");
  take(fd);
  SHOW(fcntl(other, F_OFD_SETLK, &(struct flock){.l_type = F_RDLCK, .l_len = 2}));
  SHOW(unlink("file"));
  SHOW(close(fd));
  look("the file itself closed");
}
