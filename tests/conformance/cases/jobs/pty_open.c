// Opening a terminal makes it the session's unless O_NOCTTY is given, it cannot be read, or there is one: open(2).
// marks: fork, pty
#include "terminal.h"

CASE {
  int master = open_master(), other = open_master();
  pid_t leader, member;
  START(leader) {
    NEED(open(ptsname(master), O_RDWR) >= 0);
    NEED(setsid() == getpid());
    SHOW(open("/dev/tty", O_RDWR));
    NEED(open(ptsname(master), O_RDWR | O_NOCTTY) >= 0);
    SHOW(open("/dev/tty", O_RDWR));
    NEED(open(ptsname(master), O_WRONLY) >= 0);
    SHOW(open("/dev/tty", O_RDWR));
    START(member) {
      NEED(open(ptsname(master), O_RDWR) >= 0);
      SHOW(open("/dev/tty", O_RDWR));
    }
    reap("member", member);
    int slave = open(ptsname(master), O_RDWR);
    NEED(slave >= 0);
    CHECK(tcgetsid(slave) == getpid());
    SHOW(open("/dev/tty", O_RDWR) >= 0);
    int second = open(ptsname(other), O_RDWR);
    SHOW(tcgetsid(second));
    CHECK(tcgetsid(slave) == getpid());
    CHECK(tcgetsid(master) == getpid());
    CHECK(tcgetpgrp(master) == getpgrp());
    SHOW(tcgetpgrp(other));
    SHOW(tcgetsid(other));
  }
  reap("leader", leader);
}
