// Readers that block are woken by the writes of another process, one for each byte: pipe(7).
// marks: fork
#include "relatives.h"

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  pid_t children[4];
  for (int i = 0; i < 4; i++) START(children[i]) {
      char byte = 0;
      close(ends[1]);
      NEED(read(ends[0], &byte, 1) == 1);
      _exit(byte);
    }
  nap();
  int sum = 0;
  for (int i = 0; i < 4; i++) {
    char byte = (char)(10 + i);
    NEED(write(ends[1], &byte, 1) == 1);
  }
  for (int i = 0; i < 4; i++) sum += WEXITSTATUS(ended(children[i]));
  SHOW(sum);
}
