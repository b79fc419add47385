// Who may send what with pidfd_send_signal, and which fault is found first: pidfd_send_signal(2).
// marks: fork, threads
#include <pthread.h>
#include <sys/pidfd.h>

#include "relatives.h"

static int itself;

static int send(int fd, int number, int named, int code) {
  siginfo_t info = {0};
  info.si_signo = named;
  info.si_code = code;
  return pidfd_send_signal(fd, number, &info, 0);
}

static void* in_thread(void* unused) {
  SHOW(send(itself, SIGUSR1, SIGUSR1, SI_USER));
  SHOW(send(itself, SIGUSR1, SIGUSR1, SI_QUEUE));
  return unused;
}

CASE {
  block_signal(SIGUSR1);
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  int fd = pidfd_open(child, 0), place = open(".", O_PATH);
  itself = pidfd_open(getpid(), 0);
  NEED(fd >= 0 && itself >= 0 && place >= 0);
  SHOW(send(fd, 0, 0, SI_USER));
  SHOW(send(fd, 0, 0, SI_TKILL));
  SHOW(send(fd, 0, 0, SI_KERNEL));
  SHOW(send(fd, 0, 0, SI_QUEUE));
  SHOW(send(fd, 0, SIGUSR1, SI_QUEUE));
  SHOW(send(fd, 65, 65, SI_QUEUE));
  SHOW(send(fd, -1, -1, SI_USER));
  SHOW(send(itself, 0, 0, SI_USER));
  SHOW(send(itself, 65, 65, SI_TKILL));
  SHOW(send(gate.reader, 0, 0, SI_QUEUE));
  SHOW(pidfd_send_signal(place, 0, NULL, 0));
  SHOW(pidfd_send_signal(-1, 0, NULL, 0));
  SHOW(syscall(SYS_pidfd_send_signal, fd, 0, 8, 0));
  SHOW(syscall(SYS_pidfd_send_signal, 99, 0, 8, 0));
  SHOW(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0x100));
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, in_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
  sigset_t set = set_of(SIGUSR1);
  siginfo_t info;
  SHOW(sigwaitinfo(&set, &info));
  SHOW(info.si_code);
  SHOW(send(itself, SIGUSR1, SIGUSR1, SI_USER));
  SHOW(sigwaitinfo(&set, &info));
  SHOW(info.si_code);
  open_gate(gate);
  reap("child", child);
  SHOW(send(fd, 0, 0, SI_QUEUE));
  SHOW(send(fd, 0, 0, SI_USER));
}
