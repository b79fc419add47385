// A thread that takes all signals of the process by sigwait, as servers have it: sigwait(3).
// marks: threads
// variants: musl
#include <pthread.h>
#include <time.h>

#include "relatives.h"

static sigset_t set;
static struct gate taken;

static void* taker(void* unused) {
  for (int number = 0; number != SIGTERM;) {
    NEED(sigwait(&set, &number) == 0);
    say("taken %s\n", signal_name(number));
    open_gate(taken);
  }
  return unused;
}

static void* sender(void* unused) {
  NEED(kill(getpid(), SIGHUP) == 0);
  pass_gate(taken);
  NEED(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1) == 0);  // main's own: the taker does not see it
  NEED(kill(getpid(), SIGUSR2) == 0);
  pass_gate(taken);
  return unused;
}

CASE {
  pthread_t threads[2];
  taken = make_gate();
  sigemptyset(&set);
  static const int numbers[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGALRM};
  for (int i = 0; i < 5; i++) sigaddset(&set, numbers[i]);
  NEED(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
  NEED(pthread_create(&threads[0], NULL, taker, NULL) == 0);
  NEED(pthread_create(&threads[1], NULL, sender, NULL) == 0);
  NEED(pthread_join(threads[1], NULL) == 0);
  struct timespec none = {0, 0};
  siginfo_t info;
  SHOW(sigtimedwait(&set, &info, &none) == SIGUSR1);
  SHOW(info.si_code == SI_TKILL);
  alarm(1);
  pass_gate(taken);
  NEED(pthread_kill(threads[0], SIGTERM) == 0);
  pass_gate(taken);
  NEED(pthread_join(threads[0], NULL) == 0);
}
