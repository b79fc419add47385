// close_range with CLOSE_RANGE_CLOEXEC marks what exec then closes: close_range(2).
// marks: fork
#include <linux/close_range.h>

#include "rerun.h"

AGAIN {
  for (int fd = 10; fd < 20; fd++) say("%d", fcntl(fd, F_GETFD) != -1);
  say("\n");
  return 0;
}

CASE {
  for (int fd = 10; fd < 20; fd++) NEED(dup2(0, fd) == fd);
  pid_t child;
  START(child) {
    NEED(syscall(SYS_close_range, 12, 15, CLOSE_RANGE_CLOEXEC) == 0);
    rerun("x", NULL);
  }
  reap("child", child);
  START(child) {
    NEED(syscall(SYS_close_range, 13, ~0u, 0) == 0);
    rerun("x", NULL);
  }
  reap("child", child);
  for (int fd = 10; fd < 20; fd++) say("%d", fcntl(fd, F_GETFD));
  say("\n");
}
