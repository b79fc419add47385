// Ctrl-C, Ctrl-\ and Ctrl-Z on a terminal reach the foreground group alone: termios(3).
// marks: fork, pty
#include "terminal.h"

CASE {
  int master = open_master();
  pid_t leader;
  START(leader) {
    NEED(setsid() == getpid());
    int slave = open(ptsname(master), O_RDWR);
    NEED(slave >= 0);
    const char keys[] = {3, 28, 26};
    handle(SIGTTOU, SIG_IGN, 0);
    for (int i = 0; i < 3; i++) {
      pid_t child;
      struct gate ready = make_gate();
      START(child) {
        handle(SIGTTOU, SIG_IGN, 0);
        NEED(setpgid(0, 0) == 0 && tcsetpgrp(slave, getpid()) == 0);
        open_gate(ready);
        for (;;) pause();
      }
      pass_gate(ready);
      NEED(write(master, &keys[i], 1) == 1);
      int status;
      NEED(waitpid(child, &status, WUNTRACED) == child);
      say_status("child", status);
      if (i == 2) {
        NEED(kill(child, SIGKILL) == 0);
        reap("child", child);
      }
    }
  }
  reap("leader", leader);
}
