// Sixty children in a row, with memory changed by parent and child at each step: fork(2).
// marks: fork
#include "relatives.h"

CASE {
  char* memory = fresh_pages(128);
  int right = 0;
  for (int i = 0; i < 60; i++) {
    for (int page = i % 2; page < 128; page += 2) memory[page * KX_PAGE] = (char)i;
    pid_t child;
    START(child) {
      int wrong = 0;
      for (int page = 0; page < 128; page++)
        wrong += memory[page * KX_PAGE] != (char)(page % 2 == i % 2 ? i : i ? i - 1 : 0);
      memset(memory, 0xff, 128 * KX_PAGE);
      _exit(wrong);
    }
    right += WEXITSTATUS(ended(child)) == 0;
  }
  SHOW(right);
}
