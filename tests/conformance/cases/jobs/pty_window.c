// A new size of the terminal is told to the foreground group, whoever sets it; the same size to nobody: SIGWINCH in
// ioctl_tty(2).
// marks: fork, pty
#include "terminal.h"

static volatile int count;

static void on_signal(int number) {
  (void)number;
  count++;
}

static void resize(int fd, unsigned short rows) {
  struct winsize size = {.ws_row = rows, .ws_col = 80};
  NEED(ioctl(fd, TIOCSWINSZ, &size) == 0);
}

CASE {
  int master = open_master();
  pid_t leader, job;
  START(leader) {
    int slave = take_terminal(master);
    struct gate ready = make_gate(), told = make_gate();
    handle(SIGWINCH, on_signal, 0);
    START(job) {
      sigset_t set = set_of(SIGWINCH);
      NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
      come_to_foreground(slave);
      open_gate(ready);
      for (int i = 0; i < 2; i++) {
        int number;
        struct winsize size;
        NEED(sigwait(&set, &number) == 0 && ioctl(slave, TIOCGWINSZ, &size) == 0);
        say("job: %s, %d rows\n", signal_name(number), size.ws_row);
        open_gate(told);
      }
      resize(slave, 50);
      nap();
      SHOW(sigpending(&set));
      SHOW(sigismember(&set, SIGWINCH));
    }
    pass_gate(ready);
    resize(master, 40);
    pass_gate(told);
    resize(slave, 50);
    pass_gate(told);
    reap("job", job);
    SHOW(count);
  }
  reap("leader", leader);
}
