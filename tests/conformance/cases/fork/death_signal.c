// PR_SET_PDEATHSIG: the child gets the signal when its parent ends: prctl(2).
// marks: fork, lane
#include <sys/prctl.h>

#include "relatives.h"

static struct gate done;

static void on_signal(int number) {
  say("grandchild: %s\n", signal_name(number));
  open_gate(done);
  _exit(0);
}

CASE {
  done = make_gate();
  struct gate ready = make_gate();
  handle(SIGUSR1, on_signal, 0);
  pid_t middle, grandchild;
  START(middle) {
    START(grandchild) {
      NEED(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0);
      open_gate(ready);
      for (;;) pause();
    }
    pass_gate(ready);
  }
  pass_gate(done);
  reap("middle", middle);
  SHOW(prctl(PR_SET_PDEATHSIG, 65));
  SHOW(prctl(PR_SET_PDEATHSIG, 0));
}
