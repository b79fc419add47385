// pread, pwrite, preadv, pwritev, preadv2 leave the position alone: pread(2), preadv2(2).
#include <sys/uio.h>

#include "case.h"

CASE {
  int fd = file_with("file", "0123456789");
  char buffer[16] = "";
  SHOW(pread(fd, buffer, 4, 3));
  say("%.4s\n", buffer);
  SHOW(pread(fd, buffer, 4, 8));
  SHOW(pread(fd, buffer, 4, 100));
  SHOW(pread(fd, buffer, 4, -1));
  SHOW(pwrite(fd, "XY", 2, 12));
  SHOW(pwrite(fd, "XY", 2, -5));
  SHOW(lseek(fd, 0, SEEK_CUR));
  struct iovec vector[2] = {{buffer, 2}, {buffer + 8, 3}};
  SHOW(preadv(fd, vector, 2, 1));
  say("%.2s %.3s\n", buffer, buffer + 8);
  SHOW(pwritev(fd, vector, 2, 5));
  SHOW(preadv2(fd, vector, 2, -1, 0));
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(preadv2(fd, vector, 2, 0, 0x10000000));
  SHOW(pwritev2(fd, vector, 2, 0, RWF_APPEND));
  SHOW(lseek(fd, 0, SEEK_END));
  int ends[2];
  NEED(pipe(ends) == 0);
  SHOW(pread(ends[0], buffer, 1, 0));
  SHOW(pwrite(ends[1], buffer, 1, 0));
}
