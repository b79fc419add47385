// stat, lstat, fstat, fstatat: types, sizes, links, times in order: stat(2).
// variants: static,musl
#include "case.h"

static void show(const char* what, int result, const struct stat* status) {
  if (result != 0)
    say("%s: %s\n", what, errno_name(errno));
  else
    say("%s: mode %o links %ld size %ld block size %ld\n", what, status->st_mode, (long)status->st_nlink,
        S_ISDIR(status->st_mode) ? 0L : (long)status->st_size, (long)status->st_blksize);
}

CASE {
  struct stat status, other;
  int fd = file_with("file", "12345");
  NEED(symlink("file", "link") == 0 && mkdir("dir", 0750) == 0 && mkfifo("fifo", 0600) == 0);
  show("file", stat("file", &status), &status);
  show("link", stat("link", &status), &status);
  show("link itself", lstat("link", &status), &status);
  show("dir", stat("dir", &status), &status);
  show("fifo", stat("fifo", &status), &status);
  show("fd", fstat(fd, &status), &status);
  show("empty path", fstatat(fd, "", &status, AT_EMPTY_PATH), &status);
  show("empty path without flag", fstatat(fd, "", &status, 0), &status);
  show("bad flag", fstatat(AT_FDCWD, "file", &status, 0x40000000), &status);
  NEED(stat("file", &status) == 0 && fstat(fd, &other) == 0);
  CHECK(status.st_ino == other.st_ino && status.st_dev == other.st_dev);
  NEED(stat("dir", &other) == 0);
  CHECK(status.st_ino != other.st_ino && status.st_dev == other.st_dev);
  CHECK(status.st_mtim.tv_sec > 1000000000 && status.st_ctim.tv_sec >= status.st_mtim.tv_sec);
}
