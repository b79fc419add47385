// /dev/tty is the terminal of the process's session; children have it, and who leaves it has none: tty(4).
// marks: fork, pty
#include "terminal.h"

static void say_read(int from) {
  char text[16] = {0};
  NEED(read(from, text, sizeof text - 1) > 0);
  say("read: %s\n", text);
}

CASE {
  int master = open_master();
  pid_t leader, child;
  struct gate written = make_gate();
  START(leader) {
    int slave = take_terminal(master);
    make_plain(slave);
    START(child) {
      int tty = open("/dev/tty", O_RDWR);
      NEED(tty >= 0);
      SHOW(isatty(tty));
      SHOW(write(tty, "out", 3));
      CHECK(tcgetpgrp(tty) == getpgrp());
      CHECK(tcgetsid(tty) == getppid());
      open_gate(written);
      say_read(tty);
      SHOW(ioctl(tty, TIOCNOTTY));
      SHOW(ioctl(tty, TIOCNOTTY));
      SHOW(tcgetpgrp(tty));
      SHOW(open("/dev/tty", O_RDWR));
    }
    pass_gate(written);
    say_read(master);
    NEED(write(master, "in", 2) == 2);
    reap("child", child);
    SHOW(open("/dev/tty", O_RDWR) >= 0);
    START(child) {
      NEED(setsid() == getpid());
      SHOW(open("/dev/tty", O_RDWR));
      SHOW(tcgetsid(slave));
    }
    reap("child", child);
  }
  reap("leader", leader);
}
