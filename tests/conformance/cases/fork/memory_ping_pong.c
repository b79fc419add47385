// Parent and child change the same pages in turns and never see each other's changes: fork(2).
// marks: fork
#include "relatives.h"

CASE {
  char* memory = fresh_pages(8);
  struct gate to_child = make_gate(), to_parent = make_gate();
  int wrong = 0;
  pid_t child;
  START(child) {
    for (int round = 1; round <= 20; round++) {
      pass_gate(to_child);
      for (int page = 0; page < 8; page++) {
        wrong += memory[page * KX_PAGE] != (char)(round == 1 ? 0 : -(round - 1));
        memory[page * KX_PAGE] = (char)-round;
      }
      open_gate(to_parent);
    }
    _exit(wrong);
  }
  for (int round = 1; round <= 20; round++) {
    for (int page = 0; page < 8; page++) {
      wrong += memory[page * KX_PAGE] != (char)(round - 1);
      memory[page * KX_PAGE] = (char)round;
    }
    open_gate(to_child);
    pass_gate(to_parent);
  }
  reap("child", child);
  SHOW(wrong);
}
