// A session leader that gives its terminal up: the foreground group gets SIGHUP and SIGCONT, nobody of the session has it
// any more, and another session may take it: TIOCNOTTY in ioctl_tty(2).
// marks: fork, pty
#include "terminal.h"

static struct gate hung_up;

static void on_signal(int number) {
  say("member: %s\n", signal_name(number));
  open_gate(hung_up);
}

CASE {
  hung_up = make_gate();
  int master = open_master();
  pid_t leader, member, next;
  struct gate ready = make_gate(), done = make_gate(), left = make_gate();
  START(leader) {
    int slave = take_terminal(master);
    START(member) {
      sigset_t set = set_of(SIGCONT);
      NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
      handle(SIGHUP, on_signal, 0);
      handle(SIGTTOU, SIG_IGN, 0);
      NEED(setpgid(0, 0) == 0 && tcsetpgrp(slave, getpid()) == 0);
      open_gate(ready);
      pass_gate(done);
      int number;
      NEED(sigwait(&set, &number) == 0);
      say("member: %s\n", signal_name(number));
      SHOW(open("/dev/tty", O_RDWR));
      SHOW(tcgetpgrp(slave));
    }
    pass_gate(ready);
    NEED(ioctl(slave, TIOCNOTTY) == 0);
    pass_gate(hung_up);
    open_gate(done);
    reap("member", member);
    SHOW(tcgetpgrp(slave));
    SHOW(ioctl(slave, TIOCNOTTY));
    SHOW(tcgetpgrp(master));
    open_gate(left);
  }
  pass_gate(left);
  reap("leader", leader);
  START(next) {
    int slave = take_terminal(master);
    CHECK(tcgetpgrp(slave) == getpid());
  }
  reap("next", next);
}
