// The raw exit call of the only thread ends the program: exit(2).
#include "case.h"

CASE {
  say("before\n");
  syscall(SYS_exit, 3);
  say("not reached\n");
}
