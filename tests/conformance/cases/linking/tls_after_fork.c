// A child of a thread has that thread's variables of opened libraries: fork(2).
// library: local
// marks: fork, threads
#include <pthread.h>

#include "library.h"
#include "relatives.h"

#ifdef LIBRARY_local
__thread int value = 30;
int next(void) {
  return ++value;
}
#else
static int (*next)(void);

static void* show_next(void* unused) {
  (void)unused;
  say("its thread: %d\n", next());
  return NULL;
}

static void* forks(void* unused) {
  (void)unused;
  next();
  next();
  pid_t child;
  START(child) {
    say("child: %d\n", next());
    pthread_t thread;
    NEED(pthread_create(&thread, NULL, show_next, NULL) == 0 && pthread_join(thread, NULL) == 0);
  }
  reap("child", child);
  say("thread: %d\n", next());
  return NULL;
}

CASE {
  next = FUNCTION(int(void), must_open("liblocal.so", RTLD_NOW), "next");
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, forks, NULL) == 0 && pthread_join(thread, NULL) == 0);
  SHOW(next());
}
#endif
