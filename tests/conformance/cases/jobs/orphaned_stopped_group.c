// When a group with a stopped member becomes orphaned, its members get SIGHUP and SIGCONT: setpgid(2), _exit(2).
// marks: fork, lane
#include "relatives.h"

static struct gate done;
static volatile int seen[2];

static void on_signal(int number) {
  seen[number == SIGCONT] = 1;
}

CASE {
  done = make_gate();
  handle(SIGHUP, on_signal, 0);
  handle(SIGCONT, on_signal, 0);
  pid_t middle, member;
  START(middle) {
    NEED(setsid() == getpid());
    START(member) {
      NEED(setpgid(0, 0) == 0);
      raise(SIGSTOP);
      while (!seen[0] || !seen[1]) nap();
      say("member: SIGHUP and SIGCONT\n");
      open_gate(done);
    }
    await_stop(member);
  }
  pass_gate(done);
  reap("middle", middle);
}
