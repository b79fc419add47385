// chdir, fchdir, getcwd: relative paths, errors, a removed directory: getcwd(2).
#include "case.h"

CASE {
  char start[PATH_MAX], now[PATH_MAX];
  CHECK(getcwd(start, sizeof start) != NULL);
  NEED(mkdir("dir", 0755) == 0 && mkdir("dir/sub", 0755) == 0);
  NEED(symlink("dir/sub", "link") == 0);
  SHOW(chdir("link"));
  CHECK(getcwd(now, sizeof now) != NULL);
  say("%s\n", now + strlen(start));
  SHOW(chdir(".."));
  say("%s\n", getcwd(now, sizeof now) + strlen(start));
  close(file_with("file", ""));
  SHOW(chdir("file"));
  SHOW(chdir("missing"));
  int fd = open("sub", O_RDONLY);
  SHOW(fchdir(fd));
  say("%s\n", getcwd(now, sizeof now) + strlen(start));
  SHOW(fchdir(open("../file", O_RDONLY)));
  SHOW(syscall(SYS_getcwd, now, 3));
  CHECK(syscall(SYS_getcwd, now, sizeof now) == (long)strlen(now) + 1);
  SHOW(rmdir("../sub"));
  SHOW(syscall(SYS_getcwd, now, sizeof now));
  SHOW(open("x", O_CREAT | O_RDWR, 0644));
  SHOW(chdir(start));
  SHOW(access("dir/file", F_OK));
}
