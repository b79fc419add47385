// PR_SET_NAME is seen in /proc/self/comm and the other way round: prctl(2), proc(5).
#include <sys/prctl.h>

#include "case.h"

CASE {
  char name[32] = "";
  int fd = open("/proc/self/comm", O_RDWR);
  CHECK(fd >= 0);
  SHOW(prctl(PR_SET_NAME, "renamed"));
  SHOW(pread(fd, name, sizeof name, 0));
  say("%s", name);
  SHOW(write(fd, "by-file", 7));
  memset(name, 0, sizeof name);
  SHOW(prctl(PR_GET_NAME, name));
  say("%s\n", name);
}
