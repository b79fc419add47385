// ppoll and pselect put a mask in place for the time of the wait: poll(2), select(2).
#include <poll.h>
#include <sys/select.h>
#include <time.h>

#include "case.h"

static void on_signal(int number) {
  say("got %s\n", signal_name(number));
}

CASE {
  sigset_t blocked, empty, now;
  sigemptyset(&empty);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  handle(SIGUSR1, on_signal, SA_RESTART);
  NEED(sigprocmask(SIG_BLOCK, &blocked, NULL) == 0);
  raise(SIGUSR1);
  struct timespec time = {5, 0};
  SHOW(ppoll(NULL, 0, &time, &empty));
  raise(SIGUSR1);
  SHOW(pselect(0, NULL, NULL, NULL, &time, &empty));
  NEED(sigprocmask(SIG_SETMASK, NULL, &now) == 0);
  say("still blocked: %d\n", sigismember(&now, SIGUSR1));
  time = (struct timespec){0, 1000000};
  SHOW(ppoll(NULL, 0, &time, &empty));
  SHOW(pselect(0, NULL, NULL, NULL, &time, NULL));
}
