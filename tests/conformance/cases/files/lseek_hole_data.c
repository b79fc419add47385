// SEEK_HOLE and SEEK_DATA find the holes of a sparse file: lseek(2).
#include "case.h"

CASE {
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  NEED(ftruncate(fd, 1 << 20) == 0);
  char block[65536];
  memset(block, 'd', sizeof block);
  SHOW(pwrite(fd, block, sizeof block, 262144));
  SHOW(fsync(fd));
  SHOW(lseek(fd, 0, SEEK_DATA));
  SHOW(lseek(fd, 0, SEEK_HOLE));
  SHOW(lseek(fd, 262144, SEEK_HOLE));
  SHOW(lseek(fd, 327680, SEEK_DATA));
  SHOW(lseek(fd, 327680, SEEK_HOLE));
  SHOW(lseek(fd, 1 << 20, SEEK_HOLE));
  SHOW(lseek(fd, 2 << 20, SEEK_DATA));
  struct stat status;
  SHOW(fstat(fd, &status));
  CHECK(status.st_blocks < 1024);
}
