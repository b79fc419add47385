// statx: mask, fields, flags and errors: statx(2).
#include "case.h"

CASE {
  int fd = file_with("file", "12345");
  NEED(symlink("file", "link") == 0);
  struct statx status;
  SHOW(statx(AT_FDCWD, "file", 0, STATX_BASIC_STATS, &status));
  CHECK((status.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
  say("mode %o size %ld links %d\n", status.stx_mode, (long)status.stx_size, status.stx_nlink);
  SHOW(statx(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status));
  say("mode %o size %ld\n", status.stx_mode, (long)status.stx_size);
  SHOW(statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &status));
  SHOW(status.stx_size);
  SHOW(statx(fd, "", 0, STATX_SIZE, &status));
  SHOW(statx(AT_FDCWD, "missing", 0, STATX_SIZE, &status));
  SHOW(statx(AT_FDCWD, "file", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, STATX_SIZE, &status));
  SHOW(statx(AT_FDCWD, "file", 0, STATX__RESERVED, &status));
  SHOW(statx(AT_FDCWD, "file", 0, STATX_SIZE, (struct statx*)8));
  SHOW(statx(99, "file", 0, STATX_SIZE, &status));
}
