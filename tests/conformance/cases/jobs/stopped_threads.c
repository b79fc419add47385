// A stop signal stops all threads of a process, SIGCONT continues them: signal(7).
// marks: fork, threads
#include <pthread.h>

#include "relatives.h"

static volatile unsigned long* counters;

static void* body(void* argument) {
  volatile unsigned long* counter = argument;
  for (;;) ++*counter;
  return NULL;
}

CASE {
  counters = shared_memory(KX_PAGE);
  pid_t child;
  START(child) {
    pthread_t thread;
    for (int i = 0; i < 2; i++) NEED(pthread_create(&thread, NULL, body, (void*)&counters[i * 64]) == 0);
    for (;;) pause();
  }
  while (!counters[0] || !counters[64]) nap();
  for (int round = 0; round < 3; round++) {
    NEED(kill(child, SIGSTOP) == 0);
    await_stop(child);
    nap();
    unsigned long before[2] = {counters[0], counters[64]};
    nap();
    say("stopped: stand still %d\n", before[0] == counters[0] && before[1] == counters[64]);
    NEED(kill(child, SIGCONT) == 0);
    while (before[0] == counters[0] || before[1] == counters[64]) nap();
    say("continued: run\n");
  }
  NEED(kill(child, SIGKILL) == 0);
  reap("child", child);
}
