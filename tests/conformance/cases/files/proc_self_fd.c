// /proc/self/fd lists the open descriptors and names their files: proc(5).
#include <dirent.h>

#include "case.h"

CASE {
  int fd = file_with("file", "text"), ends[2];
  NEED(pipe(ends) == 0);
  char path[64], target[PATH_MAX], start[PATH_MAX];
  NEED(getcwd(start, sizeof start));
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(path, target, sizeof target - 1);
  NEED(size > 0);
  target[size] = 0;
  CHECK(strncmp(target, start, strlen(start)) == 0);
  say("%s\n", target + strlen(start));
  snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
  size = readlink(path, target, sizeof target - 1);
  NEED(size > 0);
  say("%.6s\n", target);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int again = SHOW(open(path, O_RDONLY));
  char buffer[8] = "";
  SHOW(read(again, buffer, 8));
  say("%s\n", buffer);
  SHOW(unlink("file"));
  size = readlink(path, target, sizeof target - 1);
  target[size > 0 ? size : 0] = 0;
  say("%s\n", target + strlen(start));
  int count = 0;
  DIR* directory = opendir("/proc/self/fd");
  for (struct dirent* entry; (entry = readdir(directory));) count += entry->d_name[0] != '.';
  SHOW(count);
  SHOW(open("/proc/self/fd/99", O_RDONLY));
  CHECK(open("/dev/fd/1", O_WRONLY) >= 0);
}
