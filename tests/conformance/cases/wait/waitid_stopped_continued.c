// waitid with WSTOPPED and WCONTINUED: CLD_STOPPED and CLD_CONTINUED with the signal: waitid(2).
// marks: fork
#include "relatives.h"

static void show(const char* when, pid_t child, int flags) {
  siginfo_t info = {0};
  int result = waitid(P_PID, (id_t)child, &info, flags);
  say("%s: %d, pid %d, code %d, status %s\n", when, result, info.si_pid == child, info.si_code,
      info.si_pid ? signal_name(info.si_status) : "none");
}

CASE {
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  NEED(kill(child, SIGSTOP) == 0);
  show("stopped, left", child, WSTOPPED | WNOWAIT);
  show("stopped", child, WSTOPPED);
  show("again", child, WSTOPPED | WNOHANG);
  NEED(kill(child, SIGCONT) == 0);
  show("continued, left", child, WCONTINUED | WNOWAIT);
  show("continued", child, WCONTINUED | WSTOPPED | WEXITED);
  show("again", child, WCONTINUED | WSTOPPED | WEXITED | WNOHANG);
  open_gate(gate);
  reap("child", child);
}
