// posix_spawn runs a program with arguments and environment; its errors are the function's: posix_spawn(3).
// marks: fork, lane
// variants: static,musl
#include <spawn.h>

#include "relatives.h"

CASE {
  pid_t child = 0;
  char* words[] = {"sh", "-c", "echo \"$0 $KX_GIVEN\"; exit 9", "zero", NULL};
  char* environment[] = {"KX_GIVEN=given", NULL};
  NEED(posix_spawn(&child, "/bin/sh", NULL, NULL, words, environment) == 0);
  reap("sh", child);
  SHOW_CODE(posix_spawn(&child, "/no/such/program", NULL, NULL, words, environment));
  SHOW_CODE(posix_spawn(&child, "/etc/passwd", NULL, NULL, words, environment));
  NEED(posix_spawnp(&child, "sh", NULL, NULL, words, environment) == 0);
  reap("sh", child);
  SHOW_CODE(posix_spawnp(&child, "no-such-program-at-all", NULL, NULL, words, environment));
  SHOW(wait(NULL));
}
