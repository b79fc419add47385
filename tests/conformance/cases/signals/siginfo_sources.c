// siginfo of kill, tgkill, sigqueue and raise: code, pid, uid, value: sigaction(2).
#include "case.h"

static void on_signal(int number, siginfo_t* info, void* context) {
  (void)context;
  say("%s number %d code %d errno %d own pid %d own uid %d value %d\n", signal_name(number), info->si_signo == number,
      info->si_code, info->si_errno, info->si_pid == getpid(), info->si_uid == getuid(),
      info->si_code == SI_QUEUE ? info->si_value.sival_int : 0);
}

CASE {
  handle_info(SIGUSR1, on_signal, 0);
  handle_info(SIGRTMIN + 3, on_signal, 0);
  SHOW(kill(getpid(), SIGUSR1));
  SHOW(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1));
  SHOW(raise(SIGUSR1));
  SHOW(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 4711}));
  SHOW(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = -5}));
  siginfo_t info = {0};
  info.si_signo = SIGUSR1;
  info.si_code = -60;
  info.si_pid = getpid();
  info.si_uid = getuid();
  SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info));
}
