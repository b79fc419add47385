// The nearest subreaper above takes the orphan; a child does not inherit the setting: prctl(2).
// marks: fork
#include <sys/prctl.h>

#include "relatives.h"

static int is_subreaper(void) {
  int value = -1;
  NEED(prctl(PR_GET_CHILD_SUBREAPER, &value) == 0);
  return value;
}

CASE {
  NEED(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  pid_t outer;
  START(outer) {
    say("inherited %d\n", is_subreaper());
    NEED(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    pid_t middle, orphan, self = getpid();
    struct gate gate = make_gate(), told = make_gate();
    START(middle) {
      START(orphan) {
        open_gate(told);
        pass_gate(gate);
        say("orphan: with the inner one %d\n", getppid() == self);
        _exit(5);
      }
      pass_gate(told);
    }
    reap("middle", middle);
    open_gate(gate);
    int status;
    NEED(wait(&status) > 0);
    say_status("orphan", status);
  }
  reap("inner subreaper", outer);
  SHOW(wait(NULL));
}
