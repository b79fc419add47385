// pidfd_send_signal to a child, to oneself, to the dead, with information: pidfd_send_signal(2).
// marks: fork
#include <sys/pidfd.h>

#include "relatives.h"

CASE {
  block_signal(SIGUSR1);
  struct gate gate = make_gate();
  pid_t child;
  START(child) {
    sigset_t set = set_of(SIGUSR1);
    siginfo_t info;
    NEED(sigwaitinfo(&set, &info) == SIGUSR1);
    say("child: code %d from the parent %d\n", info.si_code, info.si_pid == getppid());
    open_gate(gate);
    for (;;) pause();
  }
  int fd = pidfd_open(child, 0), itself = pidfd_open(getpid(), 0);
  NEED(fd >= 0 && itself >= 0);
  NEED(pidfd_send_signal(fd, SIGUSR1, NULL, 0) == 0);
  pass_gate(gate);
  SHOW(pidfd_send_signal(itself, 0, NULL, 0));
  SHOW(pidfd_send_signal(fd, 65, NULL, 0));
  SHOW(pidfd_send_signal(fd, 0, NULL, 0x80000000));
  SHOW(pidfd_send_signal(0, 0, NULL, 0));
  SHOW(pidfd_send_signal(99, 0, NULL, 0));
  siginfo_t info = {0};
  info.si_signo = SIGUSR2;
  info.si_code = SI_QUEUE;
  SHOW(pidfd_send_signal(itself, SIGUSR1, &info, 0));
  info.si_signo = SIGUSR1;
  info.si_value.sival_int = 5;
  SHOW(pidfd_send_signal(itself, SIGUSR1, &info, 0));
  sigset_t set = set_of(SIGUSR1);
  NEED(sigwaitinfo(&set, &info) == SIGUSR1);
  SHOW(info.si_value.sival_int);
  SHOW(pidfd_send_signal(fd, SIGTERM, NULL, 0));
  reap("child", child);
}
