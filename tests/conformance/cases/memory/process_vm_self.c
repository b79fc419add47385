// A process reads and writes its own memory: process_vm_readv(2), /proc/self/mem in proc(5).
#include <sys/uio.h>

#include "case.h"

CASE {
  static char from[] = "source text", to[32];
  struct iovec local = {to, 6}, remote = {from, 6};
  SHOW(process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
  say("%s\n", to);
  int fd = open("/proc/self/mem", O_RDWR);
  CHECK(fd >= 0);
  memset(to, 0, sizeof to);
  SHOW(pread(fd, to, 11, (off_t)(uintptr_t)from));
  say("%s\n", to);
  SHOW(pwrite(fd, "SOURCE", 6, (off_t)(uintptr_t)from));
  say("%s\n", from);
  SHOW(pread(fd, to, 1, 0x1000));
}
