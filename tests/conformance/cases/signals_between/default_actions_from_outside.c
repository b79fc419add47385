// Signals whose default is to be ignored do not end a child; the others do: signal(7).
// marks: fork
#include "relatives.h"

CASE {
  const int harmless[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH};
  const int deadly[] = {SIGHUP,  SIGINT, SIGQUIT, SIGUSR1,      SIGPIPE, SIGALRM,
                        SIGTERM, SIGIO,  SIGPROF, SIGRTMIN + 5, SIGKILL};
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  for (int i = 0; i < 4; i++) NEED(kill(child, harmless[i]) == 0);
  open_gate(gate);
  reap("harmless", child);
  for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++) {
    START(child) for (;;) pause();
    NEED(kill(child, deadly[i]) == 0);
    reap(signal_name(deadly[i]), child);
  }
}
