// posix_spawn from several threads at once: posix_spawn(3).
// marks: fork, threads
#include <pthread.h>
#include <spawn.h>

#include "rerun.h"

AGAIN {
  return atoi(words[0]);
}

static void* body(void* argument) {
  long number = (long)argument, sum = 0;
  for (int i = 0; i < 5; i++) {
    char text[16];
    snprintf(text, sizeof text, "%ld", number * 10 + i);
    char* words[] = {own_words[0], own_words[1], text, NULL};
    pid_t child;
    NEED(posix_spawn(&child, "/proc/self/exe", NULL, NULL, words, environ) == 0);
    sum += WEXITSTATUS(ended(child));
  }
  return (void*)sum;
}

CASE {
  pthread_t threads[3];
  for (long i = 0; i < 3; i++) NEED(pthread_create(&threads[i], NULL, body, (void*)i) == 0);
  for (int i = 0; i < 3; i++) {
    void* sum;
    NEED(pthread_join(threads[i], &sum) == 0);
    say("thread %d: %ld\n", i, (long)sum);
  }
}
