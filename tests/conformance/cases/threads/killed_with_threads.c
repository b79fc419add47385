// A signal sent to one thread whose default is the end, ends the process, by that signal: signal(7).
// marks: threads, fork
#include <pthread.h>

#include "relatives.h"

static struct gate never;

static void* blocks(void* unused) {
  pass_gate(never);
  return unused;
}

static void* faults(void* unused) {
  *(volatile int*)unused = 1;
  return unused;
}

static void* aborts(void* unused) {
  abort();
  return unused;
}

CASE {
  never = make_gate();
  for (int how = 0; how < 4; how++) {
    pid_t child;
    START(child) {
      pthread_t threads[3];
      for (int i = 0; i < 3; i++) NEED(pthread_create(&threads[i], NULL, blocks, NULL) == 0);
      if (how == 0) pthread_kill(threads[1], SIGTERM);
      if (how == 1) pthread_kill(threads[2], SIGKILL);
      if (how == 2) NEED(pthread_create(&threads[0], NULL, faults, NULL) == 0);
      if (how == 3) NEED(pthread_create(&threads[0], NULL, aborts, NULL) == 0);
      pass_gate(never);
    }
    reap("child", child);
  }
}
