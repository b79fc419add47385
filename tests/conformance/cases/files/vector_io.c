// readv and writev: empty parts, many parts, wrong counts: readv(2).
// variants: static,musl
#include <sys/uio.h>

#include "case.h"

CASE {
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  struct iovec out[4] = {{"one ", 4}, {NULL, 0}, {"two ", 4}, {"three", 5}};
  SHOW(writev(fd, out, 4));
  SHOW(lseek(fd, 0, SEEK_SET));
  char first[3], second[100];
  struct iovec in[2] = {{first, 3}, {second, 100}};
  SHOW(readv(fd, in, 2));
  say("%.3s|%.10s\n", first, second);
  SHOW(readv(fd, in, 0));
  SHOW(readv(fd, in, -1));
  SHOW(writev(fd, out, 1025));
  SHOW(writev(fd, (struct iovec*)8, 1));
  struct iovec wrong[2] = {{"good", 4}, {(void*)8, 4}};
  SHOW(lseek(fd, 0, SEEK_SET));
  struct iovec bad_read[1] = {{(void*)8, 4}};
  SHOW(readv(fd, bad_read, 1));
  SHOW(lseek(fd, 0, SEEK_SET));
  wrong[0].iov_len = (size_t)-1;
  SHOW(writev(fd, wrong, 2));
  static struct iovec many[1024];
  for (int i = 0; i < 1024; i++) many[i] = (struct iovec){"mn" + i % 2, 1};
  SHOW(writev(fd, many, 1024));
  SHOW(lseek(fd, 0, SEEK_END));
}
