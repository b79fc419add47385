// Memory first touched after fork, by parent and child, is zero in each and apart: fork(2).
// marks: fork
#include "relatives.h"

CASE {
  char* memory = fresh_pages(2048);
  struct gate gate = make_gate();
  pid_t child;
  START(child) {
    pass_gate(gate);
    long zero = 0;
    for (long i = 0; i < 2048; i++) zero += memory[i * KX_PAGE] == 0;
    memset(memory, 'c', 2048 * KX_PAGE);
    say("child: %ld\n", zero);
  }
  memset(memory, 'p', 1024 * KX_PAGE);
  open_gate(gate);
  reap("child", child);
  long own = 0, zero = 0;
  for (long i = 0; i < 2048; i++) own += memory[i * KX_PAGE] == 'p', zero += memory[i * KX_PAGE] == 0;
  say("parent: %ld %ld\n", own, zero);
}
