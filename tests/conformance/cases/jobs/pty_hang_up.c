// When the master closes, the session leader gets SIGHUP and SIGCONT, reads give the end: pts(4).
// marks: fork, pty
#include "terminal.h"

static volatile int hung_up;

static void on_signal(int number) {
  hung_up = number;
}

CASE {
  int master = open_master();
  struct gate ready = make_gate();
  pid_t leader;
  START(leader) {
    NEED(setsid() == getpid());
    int slave = open(ptsname(master), O_RDWR);
    NEED(slave >= 0 && close(master) == 0);
    handle(SIGHUP, on_signal, 0);
    open_gate(ready);
    while (!hung_up) nap();
    say("leader: %s\n", signal_name(hung_up));
    char byte;
    SHOW(read(slave, &byte, 1));
    SHOW(write(slave, "x", 1));
  }
  pass_gate(ready);
  close(master);
  reap("leader", leader);
}
