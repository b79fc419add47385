// A thread blocked in read is woken by another thread's write; the others run on: pipe(7).
// marks: threads
#include <pthread.h>
#include <time.h>

#include "case.h"

static int ends[2];

static void* body(void* argument) {
  char buffer[16] = "";
  (void)argument;
  SHOW(read(ends[0], buffer, sizeof buffer));
  say("%s\n", buffer);
  return NULL;
}

CASE {
  NEED(pipe(ends) == 0);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  nanosleep(&(struct timespec){0, 50000000}, NULL);
  say("main goes on\n");
  NEED(write(ends[1], "wake", 4) == 4);
  NEED(pthread_join(thread, NULL) == 0);
}
