// access, faccessat and faccessat2: modes, flags, errors: access(2).
#include "case.h"

CASE {
  close(file_with("file", ""));
  NEED(symlink("missing", "link") == 0);
  SHOW(access("file", F_OK));
  SHOW(access("file", R_OK | W_OK));
  SHOW(access("file", X_OK));
  SHOW(chmod("file", 0100));
  SHOW(access("file", X_OK));
  SHOW(access("missing", F_OK));
  SHOW(access("file", 64));
  SHOW(access("file/x", F_OK));
  SHOW(access("link", F_OK));
  SHOW(faccessat(AT_FDCWD, "link", F_OK, AT_SYMLINK_NOFOLLOW));
  SHOW(faccessat(AT_FDCWD, ".", X_OK, AT_EACCESS));
  SHOW(syscall(SYS_faccessat2, AT_FDCWD, "file", R_OK, 0x40000000));
  SHOW(faccessat(99, "file", R_OK, 0));
}
