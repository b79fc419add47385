// A constructor that calls a function of the program, makes a thread and waits for it: dlopen(3).
// library: busy
// flags: -rdynamic
// marks: threads
#include <pthread.h>

#include "library.h"

int add(int value);
#ifdef LIBRARY_busy
static int total;
static void* worker(void* unused) {
  (void)unused;
  total = add(20);
  return NULL;
}
__attribute__((constructor)) static void begin(void) {
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, worker, NULL) == 0 && pthread_join(thread, NULL) == 0);
  say("constructor: %d\n", total);
}
int get(void) {
  return total;
}
#else
int add(int value) {
  return value + 3;
}

CASE {
  SHOW(FUNCTION(int(void), must_open("libbusy.so", RTLD_NOW), "get")());
}
#endif
