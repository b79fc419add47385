// exit in any thread ends all of them; the status is that of the first exit: exit_group(2).
// marks: fork, threads
#include <pthread.h>

#include "relatives.h"

static void* sleeper(void* argument) {
  for (;;) pause();
  return argument;
}

static void* leaver(void* argument) {
  _exit((int)(long)argument);
}

CASE {
  for (int kind = 0; kind < 3; kind++) {
    pid_t child;
    START(child) {
      pthread_t thread;
      for (int i = 0; i < 3; i++) NEED(pthread_create(&thread, NULL, sleeper, NULL) == 0);
      if (kind == 0) _exit(20);
      if (kind == 1) {
        NEED(pthread_create(&thread, NULL, leaver, (void*)21) == 0);
        for (;;) pause();
      }
      raise(SIGKILL);
    }
    reap("child with threads", child);
  }
}
