// A session takes a pseudo-terminal: foreground group, its changes and errors: tcsetpgrp(3), pts(4).
// marks: fork, pty
#include "terminal.h"

CASE {
  int master = open_master();
  pid_t leader;
  START(leader) {
    NEED(setsid() == getpid());
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    NEED(slave >= 0);
    SHOW(tcgetpgrp(slave));
    SHOW(ioctl(slave, TIOCSCTTY, 0));
    CHECK(tcgetpgrp(slave) == getpgrp());
    CHECK(tcgetsid(slave) == getpid());
    SHOW(open("/dev/tty", O_RDWR) >= 0);
    pid_t child;
    struct gate gate = make_gate();
    START(child) pass_gate(gate);
    NEED(setpgid(child, 0) == 0);
    SHOW(tcsetpgrp(slave, child));
    CHECK(tcgetpgrp(slave) == child);
    handle(SIGTTOU, SIG_IGN, 0);
    SHOW(tcsetpgrp(slave, getpgrp()));
    SHOW(tcsetpgrp(slave, 1000000000));
    SHOW(tcsetpgrp(slave, -1));
    CHECK(tcgetpgrp(slave) == getpgrp());
    open_gate(gate);
    reap("child", child);
  }
  reap("leader", leader);
}
