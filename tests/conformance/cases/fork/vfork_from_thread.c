// While one thread is in vfork, the others run on: vfork(2).
// marks: fork, threads
// pvm-skip: a vfork child does not see what its parent writes meanwhile
#include <pthread.h>

#include "relatives.h"

static volatile int state;

static void* body(void* argument) {
  while (state != 1) sched_yield();
  state = 2;
  return argument;
}

CASE {
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  pid_t child = vfork();
  if (child == 0) {
    state = 1;
    while (state != 2) syscall(SYS_sched_yield);
    _exit(8);
  }
  reap("child", child);
  SHOW(state);
  NEED(pthread_join(thread, NULL) == 0);
}
