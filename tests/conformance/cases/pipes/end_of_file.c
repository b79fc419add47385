// The end comes only when the last process that has the writing end closes it or ends: pipe(7).
// marks: fork, lane
#include "relatives.h"

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  struct gate gates[3];
  pid_t children[3];
  for (int i = 0; i < 3; i++) gates[i] = make_gate();
  for (int i = 0; i < 3; i++) START(children[i]) {
      pass_gate(gates[i]);
      if (i == 1) close(ends[1]);
      if (i == 1) pass_gate(gates[i]);
      if (i == 2) raise(SIGKILL);
    }
  close(ends[1]);
  NEED(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  char byte;
  SHOW(read(ends[0], &byte, 1));
  open_gate(gates[0]);
  reap("first", children[0]);
  SHOW(read(ends[0], &byte, 1));
  open_gate(gates[2]);
  reap("third", children[2]);
  SHOW(read(ends[0], &byte, 1));
  NEED(fcntl(ends[0], F_SETFL, 0) == 0);
  open_gate(gates[1]);
  SHOW(read(ends[0], &byte, 1));
  open_gate(gates[1]);
  reap("second", children[1]);
}
