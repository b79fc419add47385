// What even this user may not do: executing a file without x, making files in /proc: open(2), access(2).
#include "case.h"

CASE {
  close(file_with("file", "#!/bin/sh\n"));
  NEED(chmod("file", 0644) == 0);
  SHOW(access("file", X_OK));
  SHOW(open("/proc/new-file", O_CREAT | O_RDWR, 0644));
  SHOW(mkdir("/proc/new-dir", 0755));
  SHOW(unlink("/proc/self/status"));
  SHOW(open("/proc/self/status", O_RDONLY | O_DIRECTORY));
  SHOW(rename("file", "/proc/x"));
  SHOW(symlink("a", "/proc/x"));
  SHOW(mknod("/proc/x", S_IFIFO | 0600, 0));
}
