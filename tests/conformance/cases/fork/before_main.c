// fork in a constructor, before main: gcc's constructor attribute.
// marks: fork
#include "relatives.h"

static int made;

__attribute__((constructor)) static void early(void) {
  pid_t child = fork();
  if (child == 0) {
    say("child before main\n");
    _exit(3);
  }
  made = ended(child);
}

CASE {
  say_status("child", made);
}
