// A stopped child is killed by SIGKILL at once; other signals wait for SIGCONT: signal(7).
// marks: fork
#include "relatives.h"

CASE {
  pid_t child;
  int status;
  START(child) for (;;) pause();
  NEED(kill(child, SIGSTOP) == 0);
  await_stop(child);
  NEED(kill(child, SIGKILL) == 0);
  reap("killed while stopped", child);
  START(child) for (;;) pause();
  NEED(kill(child, SIGSTOP) == 0);
  await_stop(child);
  NEED(kill(child, SIGTERM) == 0);
  nap();
  SHOW(waitpid(child, &status, WNOHANG | WUNTRACED));
  NEED(kill(child, SIGCONT) == 0);
  reap("terminated after it went on", child);
}
