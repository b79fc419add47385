// A signal during a system call or cpuid shows an instruction of the program as the interrupted one, and the call goes
// on: sigaction(2), SA_SIGINFO.
// flags: -static
#include <cpuid.h>
#include <signal.h>
#include <sys/time.h>
#include <ucontext.h>

#include "case.h"

extern const char __executable_start[], etext[];
static volatile long ticks, outside;

static void tick(int signal, siginfo_t* info, void* context) {
  (void)signal, (void)info;
  const ucontext_t* interrupted = context;
  const unsigned long rip = (unsigned long)interrupted->uc_mcontext.gregs[REG_RIP];
  outside += rip < (unsigned long)__executable_start || rip >= (unsigned long)etext;
  ticks++;
}

CASE {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = tick;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  NEED(sigaction(SIGALRM, &action, NULL) == 0);
  const struct itimerval every = {{0, 1000}, {0, 1000}};
  NEED(setitimer(ITIMER_REAL, &every, NULL) == 0);
  const long parent = getppid();
  long wrong = 0;
  while (ticks < 300)
    for (int i = 0; i < 50; i++) wrong += syscall(SYS_getppid) != parent;
  CHECK(wrong == 0);
  CHECK(outside == 0);
  unsigned first[4], now[4];
  __cpuid_count(7, 0, first[0], first[1], first[2], first[3]);
  while (ticks < 500)
    for (int i = 0; i < 50; i++) {
      __cpuid_count(7, 0, now[0], now[1], now[2], now[3]);
      wrong += memcmp(first, now, sizeof now) != 0;
    }
  CHECK(wrong == 0);
  const struct itimerval never = {{0, 0}, {0, 0}};
  CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
}
