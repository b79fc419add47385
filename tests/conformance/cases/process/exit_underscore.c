// _exit runs no handlers and flushes nothing: _exit(2).
#include "case.h"

static void handler(void) {
  say("not reached\n");
}

CASE {
  atexit(handler);
  printf("lost in the buffer");
  say("before\n");
  _exit(255);
}
