// siginfo of SIGCHLD: exited, killed, stopped, continued, with number, user and status: sigaction(2).
// marks: fork, lane
#include "relatives.h"

static pid_t child;

static void take(const char* when) {
  sigset_t set = set_of(SIGCHLD);
  siginfo_t info;
  CHECK(sigwaitinfo(&set, &info) == SIGCHLD);
  say("%s: code %d, status %d, pid %d, uid %d\n", when, info.si_code, info.si_status, info.si_pid == child,
      info.si_uid == getuid());
}

CASE {
  block_signal(SIGCHLD);
  START(child) _exit(300);
  take("exit");
  ended(child);
  START(child) for (;;) pause();
  NEED(kill(child, SIGSTOP) == 0);
  take("stop");
  NEED(kill(child, SIGCONT) == 0);
  take("continue");
  NEED(kill(child, SIGKILL) == 0);
  take("kill");
  reap("child", child);
}
