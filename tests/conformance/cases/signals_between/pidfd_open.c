// pidfd_open: flags, descriptors, wrong numbers; a zombie has one, a reaped child not: pidfd_open(2).
// marks: fork
#include <sys/pidfd.h>

#include "relatives.h"

CASE {
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  int fd = pidfd_open(child, 0);
  SHOW(fcntl(fd, F_GETFD));
  SHOW(fcntl(fd, F_GETFL));
  SHOW(pidfd_open(child, 0x1));
  SHOW(pidfd_open(-1, 0));
  SHOW(pidfd_open(0, 0));
  SHOW(pidfd_open(1000000000, 0));
  char byte;
  SHOW(read(fd, &byte, 1));
  SHOW(write(fd, &byte, 1));
  SHOW(lseek(fd, 0, SEEK_SET));
  SHOW(pidfd_open(getpid(), 0) >= 0);
  open_gate(gate);
  await_zombie(child);
  SHOW(pidfd_open(child, 0) >= 0);
  reap("child", child);
  SHOW(pidfd_open(child, 0));
}
