// A child that raises a signal with the default action to end ends by it: signal(7).
// marks: fork
#include "relatives.h"

CASE {
  const int numbers[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGILL,  SIGTRAP,   SIGABRT, SIGBUS,  SIGFPE,
                         SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE,   SIGALRM, SIGTERM, SIGXCPU,
                         SIGXFSZ, SIGPROF, SIGIO,   SIGSYS,  SIGVTALRM, 34,      SIGRTMAX};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    pid_t child;
    START(child) raise(numbers[i]);
    int status = ended(child);
    say("%s: %d\n", signal_name(numbers[i]), WIFSIGNALED(status) && WTERMSIG(status) == numbers[i]);
  }
}
