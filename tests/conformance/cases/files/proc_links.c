// /proc/self, cwd and root follow the process: proc(5).
#include "case.h"

CASE {
  char start[PATH_MAX] = "", target[PATH_MAX] = "", number[32];
  NEED(getcwd(start, sizeof start));
  CHECK(readlink("/proc/self/cwd", target, sizeof target) == (ssize_t)strlen(start) && strcmp(start, target) == 0);
  NEED(mkdir("dir", 0755) == 0 && chdir("dir") == 0);
  memset(target, 0, sizeof target);
  CHECK(readlink("/proc/self/cwd", target, sizeof target - 1) > 0);
  say("%s\n", target + strlen(start));
  close(file_with("file", "text"));
  SHOW(access("/proc/self/cwd/file", F_OK));
  memset(target, 0, sizeof target);
  SHOW(readlink("/proc/self/root", target, sizeof target - 1));
  say("%s\n", target);
  memset(target, 0, sizeof target);
  CHECK(readlink("/proc/self", target, sizeof target - 1) > 0);
  snprintf(number, sizeof number, "%d", getpid());
  CHECK(strcmp(target, number) == 0);
  SHOW(readlink("/proc/self/fd/99", target, sizeof target));
}
