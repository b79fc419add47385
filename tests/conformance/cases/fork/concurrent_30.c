// Thirty children at once, all waiting at a gate, and each with its own status: fork(2).
// marks: fork
#include "relatives.h"

CASE {
  struct gate gate = make_gate(), ready = make_gate();
  pid_t children[30];
  for (int i = 0; i < 30; i++) START(children[i]) {
      open_gate(ready);
      pass_gate(gate);
      _exit(i + 1);
    }
  for (int i = 0; i < 30; i++) pass_gate(ready);
  int distinct = 1;
  for (int i = 0; i < 30; i++)
    for (int j = 0; j < i; j++) distinct = distinct && children[i] != children[j];
  SHOW(distinct);
  for (int i = 0; i < 30; i++) open_gate(gate);
  int sum = 0, got;
  for (int i = 0; i < 30; i++) {
    int status;
    got = wait(&status);
    NEED(got > 0);
    sum += WEXITSTATUS(status);
  }
  SHOW(sum);
  SHOW(wait(NULL));
}
