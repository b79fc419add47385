// waitid with P_PIDFD takes its own child and no other; a signal interrupts it; who was taken is gone for all:
// waitid(2). marks: fork, threads
#include <pthread.h>
#include <sys/pidfd.h>

#include "relatives.h"

static int fd;

static void on_alarm(int number) {
  (void)number;
}

static void* wait_for_it(void* unused) {
  siginfo_t info;
  long result = waitid(P_PIDFD, (id_t)fd, &info, WEXITED);
  say("thread: %s\n", result == 0 ? "ok" : errno_name(errno));
  return unused;
}

CASE {
  struct gate gate = make_gate();
  pid_t first, second;
  START(first) _exit(1);
  await_zombie(first);
  START(second) {
    pass_gate(gate);
    _exit(2);
  }
  fd = pidfd_open(second, 0);
  NEED(fd >= 0);
  siginfo_t info = {0};
  SHOW(waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG));
  SHOW(info.si_pid);
  handle(SIGALRM, on_alarm, 0);
  timer_t timer;
  struct itimerspec often = {{0, 20000000}, {0, 20000000}}, never = {0};
  NEED(timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0 && timer_settime(timer, 0, &often, NULL) == 0);
  SHOW(waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
  NEED(timer_settime(timer, 0, &never, NULL) == 0);
  block_signal(SIGALRM);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, wait_for_it, NULL) == 0);
  open_gate(gate);
  NEED(pthread_join(thread, NULL) == 0);
  SHOW(waitid(P_PIDFD, (id_t)fd, &info, WEXITED));
  reap("first", first);
}
