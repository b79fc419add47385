// Forty zombies at once; each is found by its number: wait(2).
// marks: fork
#include "relatives.h"

CASE {
  pid_t children[40];
  for (int i = 0; i < 40; i++) START(children[i]) _exit(i);
  for (int i = 0; i < 40; i++) await_zombie(children[i]);
  int right = 0;
  for (int i = 39; i >= 0; i -= 2) right += WEXITSTATUS(ended(children[i])) == i;
  for (int i = 0; i < 40; i += 2) right += WEXITSTATUS(ended(children[i])) == i;
  SHOW(right);
  SHOW(waitpid(-1, NULL, WNOHANG));
}
