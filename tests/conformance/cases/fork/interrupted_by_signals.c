// Signals that arrive during fork neither fail it nor get lost: fork(2).
// marks: fork
#include <sys/time.h>

#include "relatives.h"

static volatile int rung;

static void on_alarm(int number) {
  (void)number;
  rung++;
}

CASE {
  handle(SIGALRM, on_alarm, SA_RESTART);
  char* memory = fresh_pages(2048);
  memset(memory, 'x', 2048 * KX_PAGE);
  struct itimerval often = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}};
  NEED(setitimer(ITIMER_REAL, &often, NULL) == 0);
  int right = 0;
  for (int i = 0; i < 40; i++) {
    memory[i * KX_PAGE] = 'y';
    pid_t child = must_fork();
    if (child == 0) _exit(17);
    right += WEXITSTATUS(ended(child)) == 17;
  }
  NEED(setitimer(ITIMER_REAL, &never, NULL) == 0);
  SHOW(right);
  while (!rung) raise(SIGALRM);
  say("rung\n");
}
