// fallocate: extending, keeping the size, punching holes, zeroing, collapsing, errors: fallocate(2).
#include <linux/falloc.h>

#include "case.h"

static int fd;

static void show_file(void) {
  struct stat status;
  char bytes[4] = {'-', '-', '-', '-'};
  fstat(fd, &status);
  for (int i = 0; i < 4; i++) NEED(pread(fd, bytes + i, 1, i * 65536) >= 0);
  for (int i = 0; i < 4; i++) bytes[i] = bytes[i] ? bytes[i] : '0';
  say("size %ld: %.4s\n", (long)status.st_size, bytes);
}

CASE {
  fd = open("file", O_RDWR | O_CREAT, 0644);
  static char block[65536];
  for (int i = 0; i < 4; i++) {
    memset(block, 'a' + i, sizeof block);
    NEED(write(fd, block, sizeof block) == sizeof block);
  }
  show_file();
  SHOW(fallocate(fd, 0, 0, 300000));
  show_file();
  SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 300000, 100000));
  show_file();
  SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 65536, 65536));
  show_file();
  SHOW(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, 65536));
  show_file();
  SHOW(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 65536, 65536));
  show_file();
  SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 100));
  SHOW(fallocate(fd, 0, -1, 100));
  SHOW(fallocate(fd, 0, 0, 0));
  SHOW(fallocate(open("file", O_RDONLY), 0, 0, 10));
  SHOW(posix_fallocate(fd, 400000, 10));
  show_file();
}
