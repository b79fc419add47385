// lseek: whence values, errors, beyond the end, pipes: lseek(2).
#include "case.h"

CASE {
  int fd = file_with("file", "0123456789");
  SHOW(lseek(fd, 3, SEEK_SET));
  SHOW(lseek(fd, 2, SEEK_CUR));
  SHOW(lseek(fd, -2, SEEK_CUR));
  SHOW(lseek(fd, -4, SEEK_END));
  SHOW(lseek(fd, 1000000, SEEK_END));
  SHOW(lseek(fd, -1, SEEK_SET));
  SHOW(lseek(fd, -2000000, SEEK_CUR));
  SHOW(lseek(fd, 0, 99));
  SHOW(lseek(fd, (off_t)1 << 40, SEEK_SET));
  int ends[2];
  NEED(pipe(ends) == 0);
  SHOW(lseek(ends[0], 0, SEEK_SET));
  int null = open("/dev/null", O_RDWR);
  SHOW(lseek(null, 100, SEEK_SET));
}
