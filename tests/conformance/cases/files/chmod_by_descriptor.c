// chmod(2) through /proc/self/fd: of what O_PATH has open, as C libraries do for AT_SYMLINK_NOFOLLOW; empty paths.
#include "case.h"

static void by_descriptor(const char* name, int flags, mode_t mode) {
  char link[64];
  struct stat status;
  int fd = open(name, flags);
  NEED(fd >= 0);
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  SHOW(chmod(link, mode));
  SHOW(fchmodat(AT_FDCWD, link, mode | 0100, 0));
  SHOW(syscall(SYS_fchmodat, fd, "", 0));
  SHOW(fchmod(fd, 0));
  NEED(stat(name, &status) == 0);
  say("%s %o\n", name, status.st_mode);
  close(fd);
  SHOW(chmod(link, mode));
}

CASE {
  close(file_with("file", ""));
  NEED(mkfifo("fifo", 0600) == 0 && symlink("file", "link") == 0);
  by_descriptor("file", O_PATH, 0640);
  by_descriptor("fifo", O_PATH, 0604);
  by_descriptor(".", O_PATH | O_DIRECTORY, 0711);
  SHOW(chmod("", 0600));
  SHOW(fchmodat(AT_FDCWD, "fifo", 0444, AT_SYMLINK_NOFOLLOW));
  SHOW(fchmodat(AT_FDCWD, "link", 0444, AT_SYMLINK_NOFOLLOW));
}
