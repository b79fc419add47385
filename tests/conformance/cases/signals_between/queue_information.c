// rt_sigqueueinfo and rt_tgsigqueueinfo between processes: what may be claimed: rt_sigqueueinfo(2).
// marks: fork
#include "relatives.h"

CASE {
  block_signal(SIGUSR1);
  struct gate gate = make_gate();
  pid_t child, self = getpid();
  START(child) {
    sigset_t set = set_of(SIGUSR1);
    for (int i = 0; i < 2; i++) {
      siginfo_t info;
      NEED(sigwaitinfo(&set, &info) == SIGUSR1);
      say("code %d, value %d, pid as claimed %d\n", info.si_code, info.si_value.sival_int, info.si_pid == self);
      open_gate(gate);
    }
  }
  siginfo_t info = {0};
  info.si_code = SI_QUEUE;
  info.si_pid = self;
  info.si_value.sival_int = 71;
  NEED(syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, &info) == 0);
  pass_gate(gate);
  info.si_value.sival_int = 72;
  info.si_code = -30;
  NEED(syscall(SYS_rt_tgsigqueueinfo, child, child, SIGUSR1, &info) == 0);
  reap("child", child);
  START(child) for (;;) pause();
  info.si_code = SI_USER;
  SHOW(syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, &info));
  info.si_code = SI_TKILL;
  SHOW(syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, &info));
  info.si_code = 5;
  SHOW(syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, &info));
  info.si_code = SI_QUEUE;
  SHOW(syscall(SYS_rt_sigqueueinfo, child, 65, &info));
  SHOW(syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, 8));
  SHOW(syscall(SYS_rt_tgsigqueueinfo, child, self, SIGUSR1, &info));
  NEED(kill(child, SIGKILL) == 0);
  reap("child", child);
}
