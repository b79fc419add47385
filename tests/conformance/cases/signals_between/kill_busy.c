// A child that computes without system calls is ended and interrupted like any other: kill(2).
// marks: fork
#include "relatives.h"

static volatile int handled;

static void on_signal(int number) {
  handled = number;
}

CASE {
  pid_t child;
  handle(SIGUSR1, on_signal, 0);
  struct gate ready = make_gate();
  START(child) {
    open_gate(ready);
    for (volatile unsigned long i = 0;; i++) continue;
  }
  pass_gate(ready);
  NEED(kill(child, SIGTERM) == 0);
  reap("busy", child);
  START(child) {
    open_gate(ready);
    while (!handled) continue;
    _exit(4);
  }
  pass_gate(ready);
  NEED(kill(child, SIGUSR1) == 0);
  reap("busy with a handler", child);
  START(child) for (;;) syscall(SYS_getppid);
  NEED(kill(child, SIGKILL) == 0);
  reap("busy with system calls", child);
}
