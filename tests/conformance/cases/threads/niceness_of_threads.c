// The niceness is each thread's own, and inherited by threads that it makes: setpriority(2), pthreads(7).
// marks: threads
#include <pthread.h>
#include <sys/resource.h>

#include "relatives.h"

static struct gate begun, may_end;
static pid_t tid;

static void* made(void* unused) {
  SHOW(getpriority(PRIO_PROCESS, 0));
  return unused;
}

static void* body(void* unused) {
  pthread_t thread;
  tid = gettid();
  SHOW(setpriority(PRIO_PROCESS, 0, 3));
  SHOW(getpriority(PRIO_PROCESS, 0));
  NEED(pthread_create(&thread, NULL, made, NULL) == 0 && pthread_join(thread, NULL) == 0);
  open_gate(begun);
  pass_gate(may_end);
  SHOW(getpriority(PRIO_PROCESS, 0));
  return unused;
}

CASE {
  pthread_t thread;
  begun = make_gate();
  may_end = make_gate();
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  pass_gate(begun);
  SHOW(getpriority(PRIO_PROCESS, 0));
  SHOW(getpriority(PRIO_PROCESS, tid));
  SHOW(setpriority(PRIO_PROCESS, tid, 5));
  SHOW(getpriority(PRIO_PROCESS, tid));
  SHOW(getpriority(PRIO_PROCESS, 0));
  SHOW(getpriority(PRIO_PROCESS, getpid()));
  open_gate(may_end);
  NEED(pthread_join(thread, NULL) == 0);
  SHOW(nice(2));
  SHOW(getpriority(PRIO_PROCESS, getpid()));
}
