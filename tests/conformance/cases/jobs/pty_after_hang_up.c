// A terminal that was hung up is nobody's any more; when the leader ends, the group that was in the foreground gets SIGHUP
// and SIGCONT: pts(4), setsid(2).
// marks: fork, pty
#include "terminal.h"

static volatile int hung_up;
static struct gate done;

static void on_signal(int number) {
  hung_up = number;
}

static void on_end(int number) {
  say("job: %s\n", signal_name(number));
  open_gate(done);
}

CASE {
  done = make_gate();
  int master = open_master();
  struct gate ready = make_gate(), over = make_gate(), go_on = make_gate();
  pid_t leader, job;
  START(leader) {
    int slave = take_terminal(master);
    handle(SIGHUP, on_signal, 0);
    START(job) {
      sigset_t set = set_of(SIGCONT);
      NEED(close(master) == 0 && sigprocmask(SIG_BLOCK, &set, NULL) == 0);
      come_to_foreground(slave);
      handle(SIGHUP, on_end, 0);
      open_gate(ready);
      int number;
      NEED(sigwait(&set, &number) == 0);
      say("job: %s\n", signal_name(number));
      SHOW(tcgetpgrp(slave));
      open_gate(over);
      pass_gate(go_on);
    }
    NEED(close(master) == 0);
    while (!hung_up) nap();
    say("leader: %s\n", signal_name(hung_up));
    SHOW(tcgetpgrp(slave));
    SHOW(tcsetpgrp(slave, getpgrp()));
    SHOW(tcgetsid(slave));
    SHOW(ioctl(slave, TIOCNOTTY));
    SHOW(open("/dev/tty", O_RDWR));
  }
  pass_gate(ready);
  NEED(close(master) == 0);
  pass_gate(done);
  pass_gate(over);
  open_gate(go_on);
  reap("leader", leader);
}
