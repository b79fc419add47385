// wait takes each child once, in whatever order they end: wait(2).
// marks: fork
#include "relatives.h"

CASE {
  pid_t children[5];
  for (int i = 0; i < 5; i++) START(children[i]) _exit(10 + i);
  int right = 0;
  for (int i = 0; i < 5; i++) {
    int status;
    pid_t got = wait(&status);
    for (int j = 0; j < 5; j++) right += got == children[j] && WEXITSTATUS(status) == 10 + j;
  }
  SHOW(right);
  SHOW(wait(NULL));
}
