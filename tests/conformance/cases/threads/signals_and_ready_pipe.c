// Signals do not end reads and writes of a pipe that has data and room: they do not wait: signal(7).
// marks: threads
#include <pthread.h>
#include <stdatomic.h>

#include "relatives.h"

enum { turns = 400 };
static atomic_int finished, handled, interrupted, wrong;
static int ends[2];

static void on_signal(int number) {
  (void)number;
  handled++;
}

static void note(long result, long expected) {
  if (result == -1 && errno == EINTR)
    interrupted++;
  else if (result != expected)
    wrong++;
}

static void* body(void* unused) {
  for (int i = 0; i < turns || handled < 50; i++) {
    char byte = 1;
    errno = 0;
    long result = write(ends[1], &byte, 1);
    note(result, 1);
    if (result == 1) {
      while ((result = read(ends[0], &byte, 1)) == -1 && errno == EINTR) interrupted++;
      note(result, 1);
    }
  }
  finished = 1;
  return unused;
}

CASE {
  pthread_t thread;
  handle(SIGUSR1, on_signal, 0);
  NEED(pipe(ends) == 0);
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  while (!finished) {
    pthread_kill(thread, SIGUSR1);
    sched_yield();
  }
  NEED(pthread_join(thread, NULL) == 0);
  say("interrupted %d wrong %d\n", interrupted, wrong);
}
