// Who may take a terminal: the leader of a session that has none, one that is nobody's: TIOCSCTTY in ioctl_tty(2).
// marks: fork, pty
#include "terminal.h"

CASE {
  int master = open_master(), other = open_master(), ends[2];
  NEED(pipe(ends) == 0);
  struct gate taken = make_gate(), done = make_gate();
  pid_t leader, second, member;
  START(leader) {
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    NEED(slave >= 0);
    SHOW(ioctl(slave, TIOCSCTTY, 0));
    NEED(setsid() == getpid());
    SHOW(ioctl(ends[0], TIOCSCTTY, 0));
    SHOW(ioctl(file_with("file", ""), TIOCSCTTY, 0));
    SHOW(ioctl(99, TIOCSCTTY, 0));
    START(member) SHOW(ioctl(slave, TIOCSCTTY, 0));
    reap("member", member);
    SHOW(ioctl(slave, TIOCSCTTY, 0));
    SHOW(ioctl(slave, TIOCSCTTY, 0));
    int mine = open(ptsname(other), O_RDWR);
    NEED(mine >= 0);
    SHOW(ioctl(mine, TIOCSCTTY, 0));
    SHOW(tcgetpgrp(mine));
    SHOW(tcgetsid(mine));
    SHOW(tcsetpgrp(mine, getpgrp()));
    CHECK(tcgetsid(slave) == getpid());
    open_gate(taken);
    pass_gate(done);
  }
  pass_gate(taken);
  START(second) {
    NEED(setsid() == getpid());
    int slave = open(ptsname(master), O_RDWR);
    NEED(slave >= 0);
    SHOW(ioctl(slave, TIOCSCTTY, 0));
    SHOW(tcgetpgrp(slave));
    SHOW(open("/dev/tty", O_RDWR));
  }
  reap("second", second);
  open_gate(done);
  reap("leader", leader);
}
