// A second fault inside the handler of the first, with that signal blocked, ends the program: signal(7).
#include "case.h"

static void on_fault(int number) {
  say("got %s\n", signal_name(number));
  *(volatile int*)16 = 1;
}

CASE {
  handle(SIGSEGV, on_fault, 0);
  *(volatile int*)8 = 1;
  say("not reached\n");
}
