// Ten thousand signals sent to itself all arrive, and system calls around them stay right: kill(2).
#include "case.h"

static volatile long count;

static void on_signal(int number) {
  (void)number;
  count++;
}

CASE {
  handle(SIGUSR1, on_signal, 0);
  int pid = getpid();
  long wrong = 0;
  for (int i = 0; i < 10000; i++) {
    kill(pid, SIGUSR1);
    wrong += count != i + 1 || getppid() == pid;
  }
  SHOW(count);
  SHOW(wrong);
}
