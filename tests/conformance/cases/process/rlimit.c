// getrlimit, setrlimit, prlimit: reading back, raising again, errors: getrlimit(2).
#include <sys/resource.h>

#include "case.h"

CASE {
  struct rlimit limit, old;
  SHOW(getrlimit(RLIMIT_NOFILE, &limit));
  CHECK(limit.rlim_cur <= limit.rlim_max && limit.rlim_cur >= 64);
  SHOW(setrlimit(RLIMIT_NOFILE, &(struct rlimit){20, limit.rlim_max}));
  SHOW(getrlimit(RLIMIT_NOFILE, &old));
  SHOW(old.rlim_cur);
  int fd, last = -1;
  while ((fd = dup(0)) >= 0) last = fd;
  say("last %d, then %s\n", last, errno_name(errno));
  SHOW(dup2(0, 20));
  SHOW(fcntl(0, F_DUPFD, 20));
  SHOW(open("/dev/null", O_RDONLY));
  SHOW(prlimit(0, RLIMIT_NOFILE, &(struct rlimit){64, limit.rlim_max}, &old));
  SHOW(old.rlim_cur);
  SHOW(dup(0));
  SHOW(setrlimit(RLIMIT_NOFILE, &(struct rlimit){30, 20}));
  SHOW(getrlimit(99, &limit));
  SHOW(prlimit(999999999, RLIMIT_NOFILE, NULL, &old));
  SHOW(getrlimit(RLIMIT_STACK, &limit));
  CHECK(limit.rlim_cur >= 65536);
  SHOW(getrlimit(RLIMIT_CORE, &limit));
  SHOW(limit.rlim_cur);
}
