// Two threads poll one pipe: both see data, one reads it, hang-up wakes both: poll(2).
// marks: threads
#include <pthread.h>

#include "readiness.h"

static int ends[2];
static struct gate seen;

static void* waiter(void* unused) {
  (void)unused;
  struct pollfd entry = {ends[0], POLLIN, 0};
  NEED(poll(&entry, 1, -1) == 1 && entry.revents == POLLIN);
  open_gate(seen);
  entry.events = 0;
  NEED(poll(&entry, 1, -1) == 1 && entry.revents == POLLHUP);
  open_gate(seen);
  return NULL;
}

CASE {
  pthread_t threads[2];
  make_pipe(ends);
  seen = make_gate();
  for (int i = 0; i < 2; i++) NEED(pthread_create(&threads[i], NULL, waiter, NULL) == 0);
  nap();
  must_write(ends[1], "x");
  pass_gate(seen);
  pass_gate(seen);
  say("both saw data\n");
  char byte;
  NEED(read(ends[0], &byte, 1) == 1);
  show_poll("read", ends[0], POLLIN, 0);
  NEED(close(ends[1]) == 0);
  pass_gate(seen);
  pass_gate(seen);
  say("both saw the hang-up\n");
  for (int i = 0; i < 2; i++) NEED(pthread_join(threads[i], NULL) == 0);
}
