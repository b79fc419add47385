// What the calls about ids refuse, and in which order: setuid(2), setgroups(2), capset(2).
#include <grp.h>
#include <linux/capability.h>

#include "identity.h"

static void all(void) {
  SHOW(syscall(SYS_setuid, -1));
  SHOW(syscall(SYS_setgid, -1));
  SHOW(syscall(SYS_setreuid, -1, -1));
  SHOW(syscall(SYS_setregid, -1, -1));
  SHOW(syscall(SYS_setresuid, -1, -1, -1));
  SHOW(syscall(SYS_setresgid, -1, -1, -1));
  SHOW(syscall(SYS_setgroups, -1, 8));
  SHOW(syscall(SYS_setgroups, 65537, 8));
  SHOW(syscall(SYS_setgroups, 4, 8));
  SHOW(syscall(SYS_getgroups, -1, 8));
  SHOW(syscall(SYS_getresuid, 8, 8, 8));
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{0}};
  SHOW(syscall(SYS_capget, NULL, data));
  SHOW(syscall(SYS_capget, &header, 8));
  SHOW(syscall(SYS_capget, &header, NULL));
  SHOW(syscall(SYS_capset, &header, 8));
  SHOW(syscall(SYS_capset, NULL, data));
  header.pid = 1;
  SHOW(syscall(SYS_capset, &header, data));
  header.pid = -1;
  SHOW(syscall(SYS_capget, &header, data));
  header.version = 1;
  SHOW(syscall(SYS_capget, &header, data));
  say("%x\n", header.version);
  header.version = 2;
  SHOW(syscall(SYS_capset, &header, data));
  say("%x\n", header.version);
  header.version = 3;
  SHOW(syscall(SYS_capget, &header, NULL));
}

CASE {
  all();
  if (!is_root()) return;
  SHOW(setgroups(0, NULL));
  say_groups();
  NEED(setgid(4) == 0 && setuid(4) == 0);
  all();
  SHOW(setresuid(4, 5, 4));
  SHOW(setresgid(4, 4, 5));
  SHOW(setregid(5, 4));
  SHOW(setgroups(1, (gid_t[]){4}));
  say_ids();
}
