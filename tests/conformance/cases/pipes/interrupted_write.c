// A blocked write of a child that was done in part gives that part when a signal comes: pipe(7).
// marks: fork
#include <sys/ioctl.h>

#include "relatives.h"

static void on_signal(int number) {
  (void)number;
}

CASE {
  handle(SIGUSR1, on_signal, 0);
  int ends[2];
  NEED(pipe(ends) == 0);
  static char data[200000];
  pid_t child;
  START(child) _exit(write(ends[1], data, sizeof data) == 65536 ? 3 : 4);
  int status, waiting = 0;
  while (waiting < 65536) {
    NEED(ioctl(ends[0], FIONREAD, &waiting) == 0);
    nap();
  }
  while (waitpid(child, &status, WNOHANG) == 0) {
    kill(child, SIGUSR1);
    nap();
  }
  say_status("child", status);
}
