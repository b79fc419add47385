// A handler changes the mask that holds after it through the frame: sigreturn(2).
#include <ucontext.h>

#include "case.h"

static void on_signal(int number, siginfo_t* info, void* context) {
  (void)number, (void)info;
  ucontext_t* user = context;
  say("old mask has USR2: %d\n", sigismember(&user->uc_sigmask, SIGUSR2));
  sigaddset(&user->uc_sigmask, SIGTERM);
  sigdelset(&user->uc_sigmask, SIGUSR2);
}

CASE {
  sigset_t set;
  handle_info(SIGUSR1, on_signal, 0);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  NEED(sigprocmask(SIG_SETMASK, &set, NULL) == 0);
  raise(SIGUSR1);
  NEED(sigprocmask(SIG_SETMASK, NULL, &set) == 0);
  say("now USR1 %d USR2 %d TERM %d\n", sigismember(&set, SIGUSR1), sigismember(&set, SIGUSR2),
      sigismember(&set, SIGTERM));
}
