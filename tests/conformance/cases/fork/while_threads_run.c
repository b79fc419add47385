// Threads that count while others fork: in the child their counters stand still: fork(2).
// marks: fork, threads
#include <pthread.h>

#include "relatives.h"

static volatile unsigned long counters[2];
static volatile int end;

static void* body(void* argument) {
  volatile unsigned long* counter = argument;
  while (!end) ++*counter;
  return NULL;
}

CASE {
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) NEED(pthread_create(&threads[i], NULL, body, (void*)&counters[i]) == 0);
  int still = 0;
  for (int i = 0; i < 10; i++) {
    pid_t child;
    START(child) {
      unsigned long before[2] = {counters[0], counters[1]};
      struct timespec time = {0, 2000000};
      nanosleep(&time, NULL);
      _exit(before[0] == counters[0] && before[1] == counters[1]);
    }
    still += WEXITSTATUS(ended(child));
  }
  SHOW(still);
  unsigned long before = counters[0];
  while (counters[0] == before) continue;
  say("the parent's threads go on\n");
  end = 1;
  for (int i = 0; i < 2; i++) NEED(pthread_join(threads[i], NULL) == 0);
}
