// chmod, fchmod, fchmodat: bits, symbolic links, errors: chmod(2).
#include "case.h"

static void show_mode(const char* name) {
  struct stat status;
  NEED(lstat(name, &status) == 0);
  say("%s %o\n", name, status.st_mode);
}

CASE {
  int fd = file_with("file", "");
  NEED(symlink("file", "link") == 0 && mkdir("dir", 0755) == 0);
  SHOW(chmod("file", 0751));
  show_mode("file");
  SHOW(fchmod(fd, 04755));
  show_mode("file");
  SHOW(chmod("link", 0600));
  show_mode("file");
  show_mode("link");
  SHOW(fchmodat(AT_FDCWD, "dir", 01777, 0));
  show_mode("dir");
  SHOW(chmod("missing", 0600));
  SHOW(fchmodat(99, "x", 0600, 0));
  SHOW(fchmodat(AT_FDCWD, "file", 0600, 0x40000000));
  SHOW(chmod("file", 0));
  show_mode("file");
}
