// Ctrl-C interrupts every process of the foreground group, and none of another one: termios(3).
// marks: fork, pty
#include "terminal.h"

static void on_signal(int number) {
  _exit(number == SIGINT ? 5 : 6);
}

CASE {
  int master = open_master();
  pid_t leader;
  START(leader) {
    int slave = take_terminal(master);
    struct gate ready = make_gate();
    pid_t first, second, aside;
    START(first) {
      come_to_foreground(slave);
      handle(SIGINT, on_signal, 0);
      open_gate(ready);
      for (;;) pause();
    }
    pass_gate(ready);
    START(second) {
      NEED(setpgid(0, first) == 0);
      open_gate(ready);
      for (;;) pause();
    }
    pass_gate(ready);
    START(aside) {
      NEED(setpgid(0, 0) == 0);
      open_gate(ready);
      for (;;) pause();
    }
    pass_gate(ready);
    NEED(write(master, "\3", 1) == 1);
    reap("first", first);
    reap("second", second);
    SHOW(waitpid(aside, NULL, WNOHANG));
    NEED(kill(aside, SIGKILL) == 0);
    reap("aside", aside);
    struct termios modes;
    handle(SIGTTOU, SIG_IGN, 0);
    NEED(tcsetpgrp(slave, getpgrp()) == 0);
    make_plain(slave);
    NEED(tcgetattr(slave, &modes) == 0);
    modes.c_lflag &= ~(tcflag_t)ISIG;
    NEED(tcsetattr(slave, TCSANOW, &modes) == 0);
    NEED(write(master, "\3", 1) == 1);
    char byte;
    SHOW(read(slave, &byte, 1));
    SHOW(byte);
  }
  reap("leader", leader);
}
