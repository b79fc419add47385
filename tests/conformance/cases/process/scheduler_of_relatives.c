// The policy of a parent, a child and of nobody: sched_getscheduler(2), sched_getparam(2), sched_rr_get_interval(2).
// marks: fork
#include <sched.h>

#include "relatives.h"

CASE {
  struct sched_param parameter = {7};
  struct timespec interval;
  pid_t child;
  const struct gate told = make_gate();
  START(child) {
    SHOW(sched_getscheduler(getppid()));
    SHOW(sched_getparam(getppid(), &parameter));
    SHOW(parameter.sched_priority);
    open_gate(told);
    pause();
  }
  pass_gate(told);
  SHOW(sched_getscheduler(child));
  SHOW(sched_rr_get_interval(child, &interval));
  NEED(kill(child, SIGKILL) == 0);
  await_zombie(child);
  SHOW(sched_getscheduler(child));
  reap("child", child);
  SHOW(sched_getscheduler(child));
  SHOW(sched_getscheduler(-1));
}
