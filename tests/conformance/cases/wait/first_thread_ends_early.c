// A child whose first thread has ended is there until its last thread ends: pthread_exit(3).
// marks: fork, threads
#include <pthread.h>

#include "relatives.h"

static struct gate gate;

static void* last(void* argument) {
  pass_gate(gate);
  _exit((int)(long)argument);
}

CASE {
  gate = make_gate();
  pid_t child;
  START(child) {
    pthread_t thread;
    NEED(pthread_create(&thread, NULL, last, (void*)33) == 0);
    pthread_exit(NULL);
  }
  nap();
  SHOW(waitpid(child, NULL, WNOHANG));
  SHOW(kill(child, 0));
  open_gate(gate);
  reap("child", child);
}
