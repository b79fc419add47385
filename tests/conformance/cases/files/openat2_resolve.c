// openat2 with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and wrong sizes: openat2(2).
#include <linux/openat2.h>

#include "case.h"

static long open2(int dir, const char* path, uint64_t flags, uint64_t resolve) {
  struct open_how how = {.flags = flags, .resolve = resolve};
  return syscall(SYS_openat2, dir, path, &how, sizeof how);
}

CASE {
  NEED(mkdir("dir", 0755) == 0);
  close(file_with("dir/file", "text"));
  close(file_with("outside", "text"));
  NEED(symlink("file", "dir/link") == 0);
  int dir = open("dir", O_RDONLY | O_DIRECTORY);
  CHECK(open2(dir, "file", O_RDONLY, 0) >= 0);
  CHECK(open2(dir, "file", O_RDONLY, RESOLVE_BENEATH) >= 0);
  SHOW(open2(dir, "../outside", O_RDONLY, RESOLVE_BENEATH));
  SHOW(open2(dir, "/dev/null", O_RDONLY, RESOLVE_BENEATH));
  CHECK(open2(dir, "/file", O_RDONLY, RESOLVE_IN_ROOT) >= 0);
  SHOW(open2(dir, "link", O_RDONLY, RESOLVE_NO_SYMLINKS));
  SHOW(open2(dir, "file", O_RDONLY, (uint64_t)1 << 40));
  struct open_how how = {.flags = O_RDONLY};
  SHOW(syscall(SYS_openat2, dir, "file", &how, 8));
}
