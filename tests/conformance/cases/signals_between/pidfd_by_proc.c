// A directory of /proc in the place of a pidfd: pidfd_send_signal(2).
// marks: fork
#include "relatives.h"

static int send_signal(int fd, int number) {
  return (int)syscall(SYS_pidfd_send_signal, fd, number, NULL, 0);
}

static volatile sig_atomic_t seen;
static void on_signal(int number) {
  seen = number;
}

CASE {
  handle(SIGUSR1, on_signal, 0);
  const int self = open("/proc/self", O_RDONLY | O_DIRECTORY);
  NEED(self >= 0);
  SHOW(send_signal(self, SIGUSR1));
  SHOW(seen);
  pid_t child;
  START(child) for (;;) pause();
  char name[32];
  snprintf(name, sizeof name, "/proc/%d", child);
  const int other = open(name, O_RDONLY | O_DIRECTORY);
  NEED(other >= 0);
  SHOW(send_signal(other, 0));
  SHOW(send_signal(other, SIGTERM));
  reap("child", child);
  SHOW(send_signal(other, 0));
  const int fds = open("/proc/self/fd", O_RDONLY | O_DIRECTORY), root = open("/proc", O_RDONLY | O_DIRECTORY);
  NEED(fds >= 0 && root >= 0);
  SHOW(send_signal(fds, 0));
  SHOW(send_signal(root, 0));
  SHOW(send_signal(STDOUT_FILENO, 0));
}
