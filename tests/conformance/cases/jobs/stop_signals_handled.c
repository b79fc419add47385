// SIGTSTP, SIGTTIN and SIGTTOU can be handled, ignored and blocked; SIGSTOP cannot: signal(7).
// marks: fork
#include "relatives.h"

static void on_signal(int number) {
  say("handled %s\n", signal_name(number));
}

CASE {
  pid_t child;
  int status;
  START(child) {
    NEED(setpgid(0, 0) == 0);
    handle(SIGTSTP, on_signal, 0);
    raise(SIGTSTP);
    handle(SIGTTIN, SIG_IGN, 0);
    raise(SIGTTIN);
    block_signal(SIGTTOU);
    raise(SIGTTOU);
    struct sigaction action = {.sa_handler = SIG_IGN};
    SHOW(sigaction(SIGSTOP, &action, NULL));
    SHOW(sigaction(SIGKILL, &action, NULL));
    sigset_t set = set_of(SIGSTOP);
    NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    raise(SIGSTOP);
    NEED(sigpending(&set) == 0);
    say("SIGTTOU pending %d\n", sigismember(&set, SIGTTOU));
    _exit(3);
  }
  CHECK(waitpid(child, &status, WUNTRACED) == child);
  say_status("child", status);
  NEED(kill(child, SIGCONT) == 0);
  reap("child", child);
}
