// SA_NOCLDSTOP: no SIGCHLD for stops and continuations, but for the end: sigaction(2).
// marks: fork
#include "relatives.h"

static volatile int handled;

static void on_child(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  handled++;
  say("code %d\n", info->si_code);
}

CASE {
  handle_info(SIGCHLD, on_child, SA_NOCLDSTOP | SA_RESTART);
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  int status;
  NEED(kill(child, SIGSTOP) == 0);
  CHECK(waitpid(child, &status, WUNTRACED) == child);
  NEED(kill(child, SIGCONT) == 0);
  CHECK(waitpid(child, &status, WCONTINUED) == child);
  SHOW(handled);
  open_gate(gate);
  reap("child", child);
  SHOW(handled);
}
