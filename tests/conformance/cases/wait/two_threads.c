// Two threads wait for any child, and each takes one: wait(2).
// marks: fork, threads
#include <pthread.h>

#include "relatives.h"

static void* body(void* argument) {
  int status;
  return wait(&status) > 0 ? (void*)(long)WEXITSTATUS(status) : argument;
}

CASE {
  struct gate gate = make_gate();
  pid_t children[2];
  for (int i = 0; i < 2; i++) START(children[i]) {
      pass_gate(gate);
      _exit(3 + i);
    }
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) NEED(pthread_create(&threads[i], NULL, body, (void*)100) == 0);
  nap();
  open_gate(gate);
  open_gate(gate);
  void *first, *second;
  NEED(pthread_join(threads[0], &first) == 0 && pthread_join(threads[1], &second) == 0);
  SHOW((long)first + (long)second);
  SHOW(wait(NULL));
}
