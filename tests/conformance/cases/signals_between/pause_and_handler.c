// pause gives EINTR after the handler of a signal of the parent: pause(2).
// marks: fork
#include "relatives.h"

static void on_signal(int number) {
  (void)number;
}

CASE {
  handle(SIGUSR1, on_signal, SA_RESTART);
  pid_t child;
  START(child) {
    SHOW(pause());
    _exit(3);
  }
  int status;
  while (waitpid(child, &status, WNOHANG) == 0) {
    kill(child, SIGUSR1);
    nap();
  }
  say_status("child", status);
}
