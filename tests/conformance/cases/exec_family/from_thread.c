// exec in a thread ends all others; the new program has the process's number: execve(2).
// marks: fork, threads
#include <pthread.h>

#include "rerun.h"

AGAIN {
  say("number kept %d, thread is the process %d\n", atoi(words[0]) == getpid(), gettid() == getpid());
  return 14;
}

static void* sleeper(void* argument) {
  for (;;) pause();
  return argument;
}

static void* executor(void* argument) {
  char number[16];
  snprintf(number, sizeof number, "%d", getpid());
  rerun(number, NULL);
  return argument;
}

CASE {
  for (int i = 0; i < 2; i++) {
    pid_t child;
    START(child) {
      pthread_t thread;
      for (int j = 0; j < 3; j++) NEED(pthread_create(&thread, NULL, sleeper, NULL) == 0);
      if (i == 0) executor(NULL);
      NEED(pthread_create(&thread, NULL, executor, NULL) == 0);
      for (;;) pause();
    }
    reap("child", child);
  }
}
