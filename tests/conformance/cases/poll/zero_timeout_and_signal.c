// With no time to wait, a signal that the mask lets in ends ppoll or pselect with EINTR or not at all: poll(2).
#include <sys/select.h>

#include "readiness.h"

static int caught;

static void on_signal(int number) {
  (void)number;
  caught++;
}

CASE {
  struct timespec none = {0, 0};
  sigset_t empty;
  sigemptyset(&empty);
  handle(SIGUSR1, on_signal, 0);
  block_signal(SIGUSR1);
  raise(SIGUSR1);
  SHOW(ppoll(NULL, 0, &none, &empty));
  SHOW(caught);
  SHOW(ppoll(NULL, 0, &none, &empty));
  SHOW(caught);
  raise(SIGUSR1);
  SHOW(pselect(0, NULL, NULL, NULL, &none, &empty));
  SHOW(caught);
  SHOW(pselect(0, NULL, NULL, NULL, &none, &empty));
  SHOW(caught);
  struct pollfd entry = {777, POLLIN, 0};
  raise(SIGUSR1);
  SHOW(ppoll(&entry, 1, NULL, &empty));
  SHOW(caught);
  SHOW(ppoll(&entry, 1, &none, &empty));
  SHOW(caught);
}
