// The scheduling policy of a thread can be one of those without privilege, and is told: sched_setscheduler(2).
// marks: threads
#include <pthread.h>
#include <sched.h>

#include "relatives.h"

static struct gate begun, may_end;
static pid_t tid;

static void* body(void* unused) {
  struct sched_param parameter = {0}, wrong = {5};
  int policy = -1;
  tid = gettid();
  SHOW(sched_getscheduler(0));
  SHOW_CODE(pthread_setschedparam(pthread_self(), SCHED_OTHER, &wrong));
  SHOW_CODE(pthread_setschedparam(pthread_self(), 77, &parameter));
  SHOW_CODE(pthread_setschedparam(pthread_self(), SCHED_BATCH, &parameter));
  SHOW(sched_getscheduler(0));
  SHOW_CODE(pthread_getschedparam(pthread_self(), &policy, &parameter));
  say("policy %d priority %d\n", policy, parameter.sched_priority);
  open_gate(begun);
  pass_gate(may_end);
  return unused;
}

CASE {
  struct sched_param parameter = {9};
  pthread_t thread;
  begun = make_gate();
  may_end = make_gate();
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  pass_gate(begun);
  SHOW(sched_getscheduler(tid));
  SHOW(sched_getparam(tid, &parameter));
  SHOW(parameter.sched_priority);
  SHOW(sched_getscheduler(0));
  SHOW(sched_getscheduler(-1));
  SHOW(sched_getparam(0, NULL));
  SHOW(sched_get_priority_max(SCHED_FIFO));
  SHOW(sched_get_priority_min(SCHED_RR));
  SHOW(sched_get_priority_max(SCHED_OTHER));
  SHOW(sched_get_priority_max(99));
  SHOW_CODE(pthread_setschedprio(thread, 1));
  open_gate(may_end);
  NEED(pthread_join(thread, NULL) == 0);
}
