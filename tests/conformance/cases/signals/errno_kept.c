// A handler that makes failing calls does not disturb the interrupted system call's result: signal-safety(7).
#include <sys/time.h>

#include "case.h"

static volatile int rings;

static void on_alarm(int number) {
  (void)number;
  int saved = errno;
  close(-1);
  open("missing", O_RDONLY);
  errno = saved;
  rings++;
}

CASE {
  handle(SIGALRM, on_alarm, SA_RESTART);
  struct itimerval timer = {.it_interval = {0, 1000}, .it_value = {0, 1000}}, stop = {0};
  NEED(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  long wrong = 0;
  int pid = getpid();
  while (rings < 30) {
    wrong += syscall(SYS_getpid) != pid;
    wrong += syscall(SYS_dup, 99) != -1 || errno != EBADF;
    wrong += access(".", F_OK) != 0;
  }
  NEED(setitimer(ITIMER_REAL, &stop, NULL) == 0);
  SHOW(wrong);
}
