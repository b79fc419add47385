// linkat: symbolic links followed or not, empty path, errors: linkat(2).
#include "case.h"

CASE {
  int fd = file_with("file", "text");
  NEED(symlink("file", "link") == 0);
  struct stat status;
  SHOW(linkat(AT_FDCWD, "link", AT_FDCWD, "copy", 0));
  SHOW(lstat("copy", &status));
  CHECK(S_ISLNK(status.st_mode));
  SHOW(linkat(AT_FDCWD, "link", AT_FDCWD, "followed", AT_SYMLINK_FOLLOW));
  SHOW(lstat("followed", &status));
  CHECK(S_ISREG(status.st_mode));
  SHOW(linkat(fd, "", AT_FDCWD, "empty", AT_EMPTY_PATH));
  SHOW(linkat(AT_FDCWD, "file", AT_FDCWD, "x", 0x8000));
  SHOW(linkat(AT_FDCWD, "file", 99, "x", 0));
  SHOW(linkat(AT_FDCWD, "file", AT_FDCWD, "/proc/x", 0));
  SHOW(stat("file", &status));
  SHOW(status.st_nlink);
}
