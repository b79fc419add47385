// O_TMPFILE makes a file without a name, which linkat can give it: open(2), linkat(2).
#include "case.h"

CASE {
  int fd = SHOW(open(".", O_TMPFILE | O_RDWR, 0600));
  SHOW(write(fd, "nameless", 8));
  struct stat status;
  SHOW(fstat(fd, &status));
  say("links %ld size %ld\n", (long)status.st_nlink, (long)status.st_size);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  SHOW(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
  SHOW(stat("named", &status));
  say("links %ld size %ld mode %o\n", (long)status.st_nlink, (long)status.st_size, status.st_mode & 07777);
  SHOW(open(".", O_TMPFILE | O_RDONLY, 0600));
  SHOW(open("named", O_TMPFILE | O_RDWR, 0600));
}
