// A process stopped in read, pause or nanosleep goes on with it after SIGCONT: signal(7).
// marks: fork
#include "relatives.h"

CASE {
  struct gate gate = make_gate(), ready = make_gate();
  pid_t child;
  START(child) {
    char byte;
    open_gate(ready);
    SHOW(read(gate.reader, &byte, 1));
    struct timespec time = {0, 60000000}, left = {0, 0};
    open_gate(ready);
    SHOW(nanosleep(&time, &left));
  }
  for (int i = 0; i < 2; i++) {
    pass_gate(ready);
    nap();
    NEED(kill(child, SIGSTOP) == 0);
    int status;
    NEED(waitpid(child, &status, WUNTRACED) == child);
    if (!WIFSTOPPED(status)) {  // on a very busy machine the sleep is over already
      say_status("child", status);
      break;
    }
    NEED(kill(child, SIGCONT) == 0);
    if (i == 0) open_gate(gate);
    if (i == 1) reap("child", child);
  }
}
