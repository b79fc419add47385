// An unhandled SIGTERM ends the program with 128 + 15 as a shell sees it: signal(7).
// variants: static,musl
#include "case.h"

CASE {
  say("before\n");
  kill(getpid(), SIGTERM);
  say("not reached\n");
}
