// read and write: short reads at the end, zero lengths, position: read(2), write(2).
// variants: static,musl
#include "case.h"

CASE {
  int fd = file_with("file", "0123456789");
  char buffer[64] = "";
  SHOW(read(fd, buffer, 4));
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(read(fd, buffer, 64));
  say("%.6s\n", buffer);
  SHOW(read(fd, buffer, 64));
  SHOW(read(fd, buffer, 0));
  SHOW(write(fd, "", 0));
  SHOW(write(fd, "abc", 3));
  SHOW(lseek(fd, 100, SEEK_SET));
  SHOW(write(fd, "end", 3));
  SHOW(lseek(fd, 50, SEEK_SET));
  buffer[0] = 1;
  SHOW(read(fd, buffer, 1));
  SHOW(buffer[0]);
  int dir = open(".", O_RDONLY);
  SHOW(read(dir, buffer, 1));
}
