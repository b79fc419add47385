// capget reports sets with the version of the caller, and refuses unknown versions: capget(2).
#include <linux/capability.h>

#include "case.h"

CASE {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{0}};
  SHOW(syscall(SYS_capget, &header, data));
  CHECK((data[0].effective & ~data[0].permitted) == 0);
  header.version = 1;
  SHOW(syscall(SYS_capget, &header, data));
  CHECK(header.version == _LINUX_CAPABILITY_VERSION_3);
  header.pid = 999999999;
  SHOW(syscall(SYS_capget, &header, data));
  SHOW(syscall(SYS_capget, (void*)8, data));
}
