// Cleanup handlers run from the last to the first, then destructors of keys, also by pthread_exit:
// pthread_cleanup_push(3), pthread_key_create(3p).
// marks: threads
// variants: musl
#include <pthread.h>

#include "relatives.h"

static pthread_key_t first, second;
static struct gate ready;

static void say_it(void* text) {
  say("cleanup %s\n", (const char*)text);
}

static void destroy(void* count) {
  say("destructor, value %ld\n", (long)count);
  if ((long)count > 1) NEED(pthread_setspecific(first, (void*)((long)count - 1)) == 0);
}

static void never(void* unused) {
  (void)unused;
  say("DESTRUCTOR OF AN EMPTY VALUE\n");
}

static _Noreturn void deep(int left, int cancelled) {
  pthread_cleanup_push(say_it, left % 2 ? "odd" : "even");
  if (left > 0) deep(left - 1, cancelled);
  if (!cancelled) pthread_exit((void*)7L);
  open_gate(ready);
  for (;;) pause();
  pthread_cleanup_pop(0);
}

static void* body(void* cancelled) {
  NEED(pthread_setspecific(first, (void*)3L) == 0);
  NEED(pthread_setspecific(second, NULL) == 0);
  pthread_cleanup_push(say_it, "not run");
  pthread_cleanup_pop(0);
  pthread_cleanup_push(say_it, "run by pop");
  pthread_cleanup_pop(1);
  deep(4, cancelled != NULL);
}

CASE {
  ready = make_gate();
  NEED(pthread_key_create(&first, destroy) == 0 && pthread_key_create(&second, never) == 0);
  for (long cancelled = 0; cancelled < 2; cancelled++) {
    pthread_t thread;
    void* result;
    NEED(pthread_create(&thread, NULL, body, (void*)cancelled) == 0);
    if (cancelled) {
      pass_gate(ready);
      NEED(pthread_cancel(thread) == 0);
    }
    NEED(pthread_join(thread, &result) == 0);
    say("result %ld\n", (long)result);
  }
}
