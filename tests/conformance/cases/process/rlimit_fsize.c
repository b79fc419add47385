// Beyond RLIMIT_FSIZE a write is cut, then gives SIGXFSZ and EFBIG: getrlimit(2).
#include <sys/resource.h>

#include "case.h"

static void on_size(int number) {
  say("got %s\n", signal_name(number));
}

CASE {
  handle(SIGXFSZ, on_size, 0);
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  SHOW(setrlimit(RLIMIT_FSIZE, &(struct rlimit){1000, RLIM_INFINITY}));
  static char buffer[600];
  SHOW(write(fd, buffer, 600));
  SHOW(write(fd, buffer, 600));
  SHOW(write(fd, buffer, 600));
  SHOW(ftruncate(fd, 2000));
  SHOW(ftruncate(fd, 500));
  SHOW(pwrite(fd, buffer, 10, 5000));
}
