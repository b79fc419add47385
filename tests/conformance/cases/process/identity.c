// getpid, gettid, getppid and the user and group calls agree and stay: getpid(2), credentials(7).
// variants: static,musl
#include "case.h"

CASE {
  CHECK(getpid() > 0 && getpid() == getpid());
  CHECK(syscall(SYS_gettid) == getpid());
  CHECK(syscall(SYS_getpid) == getpid());
  CHECK(getppid() != getpid() && getppid() >= 0);
  CHECK(getpgrp() == getpgid(0));
  CHECK(getsid(0) >= 0);
  SHOW(getuid());
  SHOW(geteuid());
  SHOW(getgid());
  SHOW(getegid());
  uid_t real, effective, saved;
  SHOW(getresuid(&real, &effective, &saved));
  say("%d %d %d\n", real, effective, saved);
  CHECK(getgroups(0, NULL) >= 0);
  SHOW(getgroups(-1, NULL));
  SHOW(getpgid(999999999));
  SHOW(getsid(999999999));
  SHOW(setuid(getuid()));
  SHOW(setresgid((gid_t)-1, (gid_t)-1, (gid_t)-1));
}
