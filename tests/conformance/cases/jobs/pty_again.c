// When its session's leader has ended, a terminal is free for the next session at once: setsid(2), pts(4).
// marks: fork, pty
#include "terminal.h"

CASE {
  int master = open_master();
  for (int i = 0; i < 20; i++) {
    pid_t leader;
    START(leader) {
      int slave = take_terminal(master);
      NEED(tcgetpgrp(slave) == getpid() && tcgetsid(slave) == getpid());
    }
    NEED(ended(leader) == 0);
    NEED(tcgetpgrp(master) == 0);
  }
  char byte;
  SHOW(read(master, &byte, 1));
  SHOW(tcgetsid(master));
}
