// openat, mkdirat, unlinkat relative to a directory descriptor: openat(2).
// variants: static,musl
#include "case.h"

CASE {
  SHOW(mkdir("dir", 0755));
  int dir = SHOW(open("dir", O_RDONLY | O_DIRECTORY));
  SHOW(mkdirat(dir, "sub", 0700));
  int fd = SHOW(openat(dir, "sub/file", O_CREAT | O_RDWR, 0644));
  SHOW(write(fd, "text", 4));
  SHOW(access("dir/sub/file", R_OK));
  SHOW(openat(dir, "missing", O_RDONLY));
  SHOW(openat(fd, "x", O_RDONLY));
  SHOW(openat(99, "x", O_RDONLY));
  SHOW(openat(-1, "x", O_RDONLY));
  int absolute = openat(99, "/dev/null", O_RDONLY);
  CHECK(absolute >= 0);
  SHOW(unlinkat(dir, "sub", 0));
  SHOW(unlinkat(dir, "sub", AT_REMOVEDIR));
  SHOW(unlinkat(dir, "sub/file", AT_REMOVEDIR));
  SHOW(unlinkat(dir, "sub/file", 0));
  SHOW(unlinkat(dir, "sub", AT_REMOVEDIR));
  SHOW(unlinkat(dir, "sub", AT_REMOVEDIR));
  SHOW(unlinkat(dir, "sub", 0x4000));
  SHOW(openat(AT_FDCWD, "dir", O_RDONLY) >= 0);
}
