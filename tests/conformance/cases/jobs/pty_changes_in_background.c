// A process in the background that changes its terminal is stopped by SIGTTOU; it may if it ignores or blocks that, and an
// orphaned one is told EIO: termios(3), tcsetpgrp(3).
// marks: fork, pty
#include "terminal.h"

static int slave;
static struct termios modes;

static int change(int kind) {
  switch (kind) {
    case 0:
      return tcsetattr(slave, TCSANOW, &modes);
    case 1:
      return tcflush(slave, TCIFLUSH);
    case 2:
      return tcsendbreak(slave, 0);
    case 3:
      return tcdrain(slave);
    default:
      return tcsetpgrp(slave, getpgrp());
  }
}

static void background(const char* who, int kind) {
  pid_t child;
  START(child) {
    NEED(setpgid(0, 0) == 0);
    _exit(change(kind) == 0 ? 1 : 2);
  }
  say_stopped_or_ended(who, child);
}

CASE {
  int master = open_master();
  pid_t leader, child, orphan;
  START(leader) {
    slave = take_terminal(master);
    NEED(tcgetattr(slave, &modes) == 0);
    background("tcsetattr", 0);
    background("tcflush", 1);
    background("tcsendbreak", 2);
    background("tcdrain", 3);
    background("tcsetpgrp", 4);
    START(child) {
      NEED(setpgid(0, 0) == 0);
      handle(SIGTTOU, SIG_IGN, 0);
      SHOW(change(0));
      SHOW(change(1));
      struct winsize size = {.ws_row = 10, .ws_col = 20};
      handle(SIGTTOU, SIG_DFL, 0);
      SHOW(ioctl(slave, TIOCSWINSZ, &size));
      block_signal(SIGTTOU);
      SHOW(change(4));
      CHECK(tcgetpgrp(slave) == getpgrp());
    }
    reap("child", child);
    handle(SIGTTOU, SIG_IGN, 0);
    NEED(tcsetpgrp(slave, getpgrp()) == 0);
    handle(SIGTTOU, SIG_DFL, 0);
    struct gate alone = make_gate(), done = make_gate();
    START(child) {
      NEED(setpgid(0, 0) == 0);
      START(orphan) {
        pass_gate(alone);
        SHOW(change(0));
        SHOW(change(4));
        char byte;
        SHOW(read(slave, &byte, 1));
        open_gate(done);
      }
    }
    reap("child", child);
    open_gate(alone);
    pass_gate(done);
  }
  reap("leader", leader);
}
