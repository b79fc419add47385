// The exit status of a child is the low byte of what it gave: exit(3).
// marks: fork
#include "relatives.h"

CASE {
  const int codes[] = {0, 1, 2, 42, 127, 128, 255, 256, 257, -1, 0x7fffffff};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    pid_t child = must_fork();
    if (child == 0) exit(codes[i]);
    say("%d gives %d\n", codes[i], WEXITSTATUS(ended(child)));
  }
}
