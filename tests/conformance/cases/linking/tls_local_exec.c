// The program's own thread-local variables, local exec model, with an alignment of their own: ELF TLS.
// flags: -ftls-model=local-exec
// marks: threads
// variants: static,static-pie,no-pie,musl,musl-static
#include <pthread.h>

#include "case.h"

static __thread int value = 3;
static __thread int aligned __attribute__((aligned(256))) = 4;
static __thread char zeros[3000];

static void* other(void* unused) {
  (void)unused;
  int sum = 0;
  for (size_t i = 0; i < sizeof zeros; i++) sum += zeros[i];
  say("value %d, aligned %d %ld, zeros %d\n", value++, aligned++, (long)((uintptr_t)&aligned % 256), sum);
  memset(zeros, 1, sizeof zeros);
  return NULL;
}

CASE {
  for (int i = 0; i < 2; i++) {
    pthread_t thread;
    NEED(pthread_create(&thread, NULL, other, NULL) == 0 && pthread_join(thread, NULL) == 0);
    other(NULL);
  }
}
