// The affinity of a thread is its own: set by another, inherited by what it makes, of no other: sched_setaffinity(2).
// marks: threads
#include <pthread.h>
#include <sched.h>

#include "relatives.h"

static struct gate begun, may_look, may_end;
static cpu_set_t all, one;
static pid_t tid;

static const char* kind(pid_t number) {
  cpu_set_t cpus;
  if (sched_getaffinity(number, sizeof cpus, &cpus) != 0) return errno_name(errno);
  return CPU_COUNT(&all) == 1 || CPU_EQUAL(&cpus, &one) ? "one or all" : CPU_EQUAL(&cpus, &all) ? "all" : "OTHER";
}

static void* made(void* unused) {
  say("made by it: %s\n", kind(0));
  return unused;
}

static void* body(void* unused) {
  pthread_t thread;
  tid = gettid();
  open_gate(begun);
  pass_gate(may_look);
  say("itself: %s\n", kind(0));
  NEED(pthread_create(&thread, NULL, made, NULL) == 0 && pthread_join(thread, NULL) == 0);
  open_gate(begun);
  pass_gate(may_end);
  return unused;
}

CASE {
  pthread_t thread;
  begun = make_gate();
  may_look = make_gate();
  may_end = make_gate();
  NEED(sched_getaffinity(0, sizeof all, &all) == 0);
  int first = 0;
  while (!CPU_ISSET(first, &all)) first++;
  CPU_SET(first, &one);
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  pass_gate(begun);
  SHOW(sched_setaffinity(tid, sizeof one, &one));
  cpu_set_t now;
  NEED(sched_getaffinity(0, sizeof now, &now) == 0);
  CHECK(CPU_EQUAL(&now, &all));
  NEED(sched_getaffinity(tid, sizeof now, &now) == 0);
  CHECK(CPU_EQUAL(&now, &one));
  open_gate(may_look);
  pass_gate(begun);
  cpu_set_t none;
  CPU_ZERO(&none);
  SHOW(sched_setaffinity(tid, sizeof none, &none));
  SHOW(sched_setaffinity(0, 0, &one));
  SHOW(sched_getaffinity(tid, 1, &now));
  SHOW(sched_getaffinity(tid, sizeof now, NULL));
  SHOW(sched_setaffinity(tid, sizeof now, NULL));
  SHOW(sched_setaffinity(-1, sizeof one, &one));
  open_gate(may_end);
  NEED(pthread_join(thread, NULL) == 0);
  while (sched_getaffinity(tid, sizeof now, &now) == 0) nap();
  SHOW(sched_setaffinity(tid, sizeof one, &one));
}
