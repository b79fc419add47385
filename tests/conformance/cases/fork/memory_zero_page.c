// Pages that were only read before fork are zero in both, and private when written: fork(2).
// marks: fork
#include "relatives.h"

CASE {
  volatile char* memory = fresh_pages(64);
  int sum = 0;
  for (int i = 0; i < 64; i++) sum += memory[i * KX_PAGE];
  SHOW(sum);
  struct gate gate = make_gate();
  pid_t child;
  START(child) {
    for (int i = 0; i < 64; i++) memory[i * KX_PAGE] = 1;
    open_gate(gate);
    sum = 0;
    for (int i = 0; i < 64; i++) sum += memory[i * KX_PAGE];
    _exit(sum);
  }
  pass_gate(gate);
  for (int i = 0; i < 64; i++) sum += memory[i * KX_PAGE];
  SHOW(sum);
  reap("child", child);
}
