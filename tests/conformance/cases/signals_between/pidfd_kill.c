// A child killed by its pidfd; after it was waited for there is nobody to signal: pidfd_send_signal(2).
// marks: fork
#include <sys/pidfd.h>

#include "relatives.h"

CASE {
  pid_t child;
  START(child) for (;;) pause();
  int fd = pidfd_open(child, 0);
  NEED(fd >= 0);
  SHOW(pidfd_send_signal(fd, SIGKILL, NULL, 0));
  await_zombie(child);
  SHOW(pidfd_send_signal(fd, SIGKILL, NULL, 0));
  reap("child", child);
  SHOW(pidfd_send_signal(fd, SIGKILL, NULL, 0));
}
