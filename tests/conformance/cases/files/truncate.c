// truncate and ftruncate: shrinking, growing with zeros, errors: truncate(2).
#include "case.h"

CASE {
  int fd = file_with("file", "0123456789");
  char buffer[32];
  struct stat status;
  SHOW(ftruncate(fd, 4));
  SHOW(read(fd, buffer, sizeof buffer));
  SHOW(ftruncate(fd, 20));
  SHOW(pread(fd, buffer, sizeof buffer, 0));
  SHOW(buffer[3]);
  SHOW(buffer[4] + buffer[19]);
  SHOW(truncate("file", 2));
  SHOW(stat("file", &status));
  SHOW(status.st_size);
  SHOW(truncate("file", -1));
  SHOW(truncate("missing", 0));
  SHOW(truncate(".", 0));
  SHOW(ftruncate(open("file", O_RDONLY), 0));
  int ends[2];
  NEED(pipe(ends) == 0);
  SHOW(ftruncate(ends[1], 0));
  SHOW(ftruncate(fd, LONG_MAX));
}
