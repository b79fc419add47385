// Extended attributes: set, get, list, remove, flags, sizes: xattr(7).
#include <sys/xattr.h>

#include "case.h"

CASE {
  int fd = file_with("file", "");
  char value[64] = "";
  SHOW(getxattr("file", "user.one", value, sizeof value));
  SHOW(setxattr("file", "user.one", "first", 5, 0));
  SHOW(setxattr("file", "user.one", "again", 5, XATTR_CREATE));
  SHOW(fsetxattr(fd, "user.two", "second", 6, XATTR_REPLACE));
  SHOW(fsetxattr(fd, "user.two", "second", 6, XATTR_CREATE));
  SHOW(getxattr("file", "user.two", NULL, 0));
  SHOW(getxattr("file", "user.two", value, 3));
  SHOW(fgetxattr(fd, "user.two", value, sizeof value));
  say("%s\n", value);
  ssize_t size = SHOW(listxattr("file", value, sizeof value));
  int names = 0;
  for (ssize_t i = 0; i < size; i++) names += value[i] == 0;
  SHOW(names);
  SHOW(removexattr("file", "user.one"));
  SHOW(removexattr("file", "user.one"));
  SHOW(setxattr("file", "nonsense", "x", 1, 0));
  SHOW(setxattr("missing", "user.x", "x", 1, 0));
  NEED(symlink("file", "link") == 0);
  SHOW(lsetxattr("link", "user.x", "x", 1, 0));
  SHOW(llistxattr("link", value, sizeof value));
}
