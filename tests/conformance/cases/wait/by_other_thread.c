// Any thread waits for children of any other; with __WNOTHREAD only for its own: wait(2).
// marks: fork, threads
#include <pthread.h>

#include "relatives.h"

static pid_t children[2];

static void* body(void* argument) {
  SHOW(waitpid(children[0], NULL, __WNOTHREAD));
  reap("by the thread", children[0]);
  START(children[1]) _exit(8);
  return argument;
}

CASE {
  START(children[0]) _exit(7);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, body, NULL) == 0 && pthread_join(thread, NULL) == 0);
  reap("child of a thread that has ended", children[1]);
}
