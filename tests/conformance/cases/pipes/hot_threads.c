// Threads exchange through pipes while another forks: pipe(7).
// marks: fork threads
// libs: -lpthread
#include <pthread.h>

#include "hot.h"

enum { rounds = 5000 };
static int to[2], from[2];

static void* answer(void* unused) {
  (void)unused;
  for (int i = 0; i < rounds; i++) {
    int number;
    must_read(to[0], &number, sizeof number);
    number++;
    must_write(from[1], &number, sizeof number);
  }
  return NULL;
}

static void* fork_now_and_then(void* unused) {
  (void)unused;
  for (int i = 0; i < 20; i++) {
    pid_t child;
    START(child) {}
    NEED(ended(child) == 0);
  }
  return NULL;
}

CASE {
  NEED(pipe(to) == 0 && pipe(from) == 0);
  pthread_t threads[2];
  NEED(pthread_create(&threads[0], NULL, answer, NULL) == 0);
  NEED(pthread_create(&threads[1], NULL, fork_now_and_then, NULL) == 0);
  int number = 0;
  for (int i = 0; i < rounds; i++) {
    must_write(to[1], &number, sizeof number);
    must_read(from[0], &number, sizeof number);
  }
  SHOW(number);
  NEED(pthread_join(threads[0], NULL) == 0 && pthread_join(threads[1], NULL) == 0);
}
