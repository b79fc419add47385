// An unhandled real-time signal ends the program with its number: signal(7).
#include "case.h"

CASE {
  say("before\n");
  raise(SIGRTMIN + 2);
  say("not reached\n");
}
