// When the session leader ends, the foreground group of its terminal gets SIGHUP: setsid(2).
// marks: fork, pty
#include "terminal.h"

static struct gate done;

static void on_signal(int number) {
  say("member: %s\n", signal_name(number));
  open_gate(done);
  _exit(0);
}

CASE {
  done = make_gate();
  struct gate ready = make_gate();
  int master = open_master();
  handle(SIGHUP, on_signal, 0);
  pid_t leader, member;
  START(leader) {
    NEED(setsid() == getpid());
    NEED(open(ptsname(master), O_RDWR) >= 0);
    handle(SIGHUP, SIG_IGN, 0);
    START(member) {
      handle(SIGHUP, on_signal, 0);
      open_gate(ready);
      for (;;) pause();
    }
    pass_gate(ready);
  }
  pass_gate(done);
  reap("leader", leader);
}
