// How a pidfd's process is told by /proc: its number, and none once it has been waited for: pidfd_open(2).
// marks: fork
#include <sys/pidfd.h>

#include "relatives.h"

static long number_of(int fd) {
  char path[64], text[1024] = "";
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  int info = open(path, O_RDONLY);
  NEED(info >= 0 && read(info, text, sizeof text - 1) > 0);
  close(info);
  const char* line = strstr(text, "\nPid:");
  NEED(line != NULL);
  return strtol(line + 5, NULL, 10);
}

CASE {
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  int fd = pidfd_open(child, 0), itself = pidfd_open(getpid(), 0);
  NEED(fd >= 0 && itself >= 0);
  CHECK(number_of(fd) == child);
  CHECK(number_of(itself) == getpid());
  open_gate(gate);
  await_zombie(child);
  CHECK(number_of(fd) == child);
  reap("child", child);
  SHOW(number_of(fd));
}
