// umask, working directory, limits, nice value and ignored death stay over exec: execve(2).
// marks: fork
#include <sys/prctl.h>
#include <sys/resource.h>

#include "rerun.h"

AGAIN {
  struct rlimit limit;
  int death = 0, reaper = 0;
  char path[4096];
  NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0 && getcwd(path, sizeof path));
  NEED(prctl(PR_GET_PDEATHSIG, &death) == 0 && prctl(PR_GET_CHILD_SUBREAPER, &reaper) == 0);
  say("umask %o, in %s, files %ld, nice %d\n", umask(0), strrchr(path, '/'), (long)limit.rlim_cur,
      getpriority(PRIO_PROCESS, 0));
  say("death signal %d, subreaper %d, no new privileges %d, dumpable %d\n", death, reaper,
      prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_DUMPABLE));
  return 0;
}

CASE {
  NEED(mkdir("d", 0755) == 0);
  pid_t child;
  START(child) {
    struct rlimit limit;
    NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 77;
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0 && chdir("d") == 0 && setpriority(PRIO_PROCESS, 0, 17) == 0);
    NEED(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0);
    umask(0125);
    rerun("x", NULL);
  }
  reap("child", child);
}
