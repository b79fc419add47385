// open: creation, exclusion, truncation, append, directory and their errors: open(2).
// variants: static,musl
#include "case.h"

CASE {
  SHOW(open("missing", O_RDONLY));
  int fd = SHOW(open("file", O_RDWR | O_CREAT | O_EXCL, 0640));
  SHOW(open("file", O_RDWR | O_CREAT | O_EXCL, 0640));
  SHOW(write(fd, "0123456789", 10));
  SHOW(close(fd));
  fd = SHOW(open("file", O_WRONLY | O_APPEND));
  SHOW(lseek(fd, 2, SEEK_SET));
  SHOW(write(fd, "ab", 2));
  SHOW(lseek(fd, 0, SEEK_CUR));
  char byte;
  SHOW(read(fd, &byte, 1));
  SHOW(close(fd));
  fd = SHOW(open("file", O_RDONLY | O_TRUNC));
  SHOW(lseek(fd, 0, SEEK_END));
  SHOW(write(fd, "x", 1));
  SHOW(close(fd));
  SHOW(open("file", O_RDONLY | O_DIRECTORY));
  SHOW(open(".", O_WRONLY));
  SHOW(open("file/below", O_RDONLY));
  SHOW(open("", O_RDONLY));
  SHOW(open("no/such/dir", O_CREAT | O_WRONLY, 0644));
  SHOW(open(".", O_CREAT | O_RDWR, 0644));
  SHOW(open("file/", O_RDONLY));
}
