// Each of eight generations sees what its ancestors wrote before it was made: fork(2).
// marks: fork
#include "relatives.h"

static char trail[16];

static int descend(int level) {
  trail[level] = (char)('a' + level);
  if (level == 7) {
    say("%s\n", trail);
    return 1;
  }
  pid_t child = must_fork();
  if (child == 0) _exit(descend(level + 1));
  int status = ended(child);
  trail[level] = (char)('A' + level);
  say("%s\n", trail);
  return WEXITSTATUS(status) + 1;
}

CASE {
  SHOW(descend(0));
}
