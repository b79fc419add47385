// chown, lchown, fchownat: owners, unchanged parts, lost set-user bits: chown(2).
#include "case.h"

static void show_owner(const char* name) {
  struct stat status;
  NEED(lstat(name, &status) == 0);
  say("%s %d:%d %o\n", name, status.st_uid, status.st_gid, status.st_mode & 07777);
}

CASE {
  int fd = file_with("file", "");
  NEED(symlink("file", "link") == 0);
  show_owner("file");
  SHOW(fchmod(fd, 06755));
  SHOW(fchown(fd, (uid_t)-1, (gid_t)-1));
  show_owner("file");
  SHOW(chown("file", getuid(), getgid()));
  show_owner("file");
  SHOW(lchown("link", (uid_t)-1, (gid_t)-1));
  SHOW(fchownat(fd, "", (uid_t)-1, (gid_t)-1, AT_EMPTY_PATH));
  SHOW(chown("missing", 0, 0));
  SHOW(fchownat(AT_FDCWD, "file", 0, 0, 0x40000000));
  SHOW(fchown(99, 0, 0));
}
