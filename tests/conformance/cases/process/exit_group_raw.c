// The raw exit_group call ends the program with its status: exit_group(2).
#include "case.h"

CASE {
  say("before\n");
  syscall(SYS_exit_group, 77);
  say("not reached\n");
}
