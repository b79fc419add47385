// pthread_exit in main leaves the others running; the last one to end ends the process with status 0: pthread_exit(3).
// marks: threads
// variants: static,musl
#include <pthread.h>

#include "relatives.h"

enum { count = 3 };
static pthread_t main_thread;
static struct gate turns[count];

static void at_end(void) {
  say("exit handler\n");
}

static void* body(void* number) {
  long own = (long)number;
  pass_gate(turns[own]);
  if (own == 0) {
    void* result;
    SHOW_CODE(pthread_join(main_thread, &result));
    SHOW((long)result);
    CHECK(getpid() != gettid());
    SHOW(kill(getpid(), 0));
    SHOW(syscall(SYS_tgkill, getpid(), getpid(), 0));
  }
  say("thread %ld\n", own);
  if (own + 1 < count) open_gate(turns[own + 1]);
  return NULL;
}

CASE {
  main_thread = pthread_self();
  NEED(atexit(at_end) == 0);
  for (long i = 0; i < count; i++) {
    pthread_t thread;
    turns[i] = make_gate();
    NEED(pthread_create(&thread, NULL, body, (void*)i) == 0);
  }
  open_gate(turns[0]);
  pthread_exit((void*)9L);
}
