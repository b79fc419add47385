// A library that asks for an executable stack gets one, in all threads: dlopen(3), execstack.
// library: executes -Wl,-z,execstack
// flags: -Wl,-z,noexecstack
// marks: threads
#include <pthread.h>

#include "fault.h"
#include "library.h"

#ifdef LIBRARY_executes
int value = 1;
#else
static pthread_barrier_t barrier;

// Runs a return instruction on the stack.
static void run_on_stack(void) {
  volatile unsigned char code[16] = {0xc3};
  void (*volatile function)(void) = (void (*)(void))(uintptr_t)code;
  FAULT((uintptr_t)function, function());
}

static void* other(void* unused) {
  (void)unused;
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  run_on_stack();
  return NULL;
}

CASE {
  pthread_t thread;
  NEED(pthread_barrier_init(&barrier, NULL, 2) == 0 && pthread_create(&thread, NULL, other, NULL) == 0);
  pthread_barrier_wait(&barrier);
  run_on_stack();
  SHOW(*(int*)must_find(must_open("libexecutes.so", RTLD_NOW), "value"));
  run_on_stack();
  pthread_barrier_wait(&barrier);
  NEED(pthread_join(thread, NULL) == 0);
}
#endif
