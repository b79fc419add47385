// membarrier answers its query and the private expedited command: membarrier(2).
#include <linux/membarrier.h>

#include "case.h"

CASE {
  long commands = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
  CHECK(commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
  SHOW(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
  SHOW(syscall(SYS_membarrier, 1 << 30, 0, 0));
}
