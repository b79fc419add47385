// A child's read on a pipe: restarted with SA_RESTART, ended with EINTR without: signal(7).
// marks: fork
#include "relatives.h"

static struct gate handled;

static void on_signal(int number) {
  (void)number;
  open_gate(handled);
}

CASE {
  handled = make_gate();
  for (int restart = 0; restart < 2; restart++) {
    struct gate gate = make_gate(), end = make_gate();
    handle(SIGUSR1, on_signal, restart ? SA_RESTART : 0);
    pid_t child;
    START(child) {
      char byte;
      open_gate(end);
      ssize_t got = read(gate.reader, &byte, 1);
      say("%s\n", got == 1 ? "read" : errno_name(errno));
      open_gate(end);
    }
    pass_gate(end);
    if (restart) {
      nap();
      NEED(kill(child, SIGUSR1) == 0);
      pass_gate(handled);
      open_gate(gate);
      pass_gate(end);
    } else {
      // Until one of the signals falls into the read.
      NEED(fcntl(end.reader, F_SETFL, O_NONBLOCK) == 0);
      char byte;
      while (read(end.reader, &byte, 1) != 1) {
        nap();
        kill(child, SIGUSR1);
      }
    }
    reap("child", child);
  }
}
