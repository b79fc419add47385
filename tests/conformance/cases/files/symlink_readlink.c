// symlink and readlink: cut results, no terminator, errors: readlink(2).
#include "case.h"

CASE {
  char target[64];
  memset(target, '#', sizeof target);
  SHOW(symlink("some/target", "link"));
  SHOW(readlink("link", target, sizeof target));
  say("%.13s\n", target);
  SHOW(readlink("link", target, 4));
  SHOW(readlink("link", target, 0));
  SHOW(symlink("other", "link"));
  SHOW(symlink("", "empty"));
  close(file_with("file", ""));
  SHOW(readlink("file", target, sizeof target));
  SHOW(readlink("missing", target, sizeof target));
  int dir = open(".", O_RDONLY);
  SHOW(symlinkat("x", dir, "at"));
  SHOW(readlinkat(dir, "at", target, sizeof target));
  SHOW(readlinkat(99, "at", target, sizeof target));
  struct stat status;
  SHOW(lstat("link", &status));
  say("size %ld mode %o\n", (long)status.st_size, status.st_mode);
  SHOW(stat("link", &status));
}
