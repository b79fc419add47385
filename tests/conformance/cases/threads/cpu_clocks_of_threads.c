// The processor time of a thread is its own: who computes has it, who blocks has little: pthread_getcpuclockid(3).
// marks: threads
#include <pthread.h>
#include <time.h>

#include "relatives.h"

enum { most = 300000000 };
static struct gate begun, may_compute, may_end;
static volatile unsigned long work;

static long ns_of(clockid_t clock) {
  struct timespec time;
  NEED(clock_gettime(clock, &time) == 0);
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

static void* computes(void* unused) {
  open_gate(begun);
  pass_gate(may_compute);
  long start = ns_of(CLOCK_THREAD_CPUTIME_ID);
  while (ns_of(CLOCK_THREAD_CPUTIME_ID) - start < most) work++;
  open_gate(begun);
  pass_gate(may_end);
  return unused;
}

static void* blocks(void* unused) {
  open_gate(begun);
  pass_gate(may_end);
  return unused;
}

CASE {
  pthread_t busy, idle;
  clockid_t of_busy, of_idle, of_self;
  struct timespec resolution;
  begun = make_gate();
  may_compute = make_gate();
  may_end = make_gate();
  NEED(pthread_create(&busy, NULL, computes, NULL) == 0);
  NEED(pthread_create(&idle, NULL, blocks, NULL) == 0);
  pass_gate(begun);
  pass_gate(begun);
  SHOW_CODE(pthread_getcpuclockid(busy, &of_busy));
  SHOW_CODE(pthread_getcpuclockid(idle, &of_idle));
  SHOW_CODE(pthread_getcpuclockid(pthread_self(), &of_self));
  long busy_before = ns_of(of_busy), idle_before = ns_of(of_idle), self_before = ns_of(of_self);
  long all_before = ns_of(CLOCK_PROCESS_CPUTIME_ID);
  open_gate(may_compute);
  pass_gate(begun);
  CHECK(ns_of(of_busy) - busy_before >= most);
  CHECK(ns_of(of_idle) - idle_before < most / 2);
  CHECK(ns_of(of_self) - self_before < most / 2);
  CHECK(ns_of(CLOCK_PROCESS_CPUTIME_ID) - all_before >= most);
  SHOW(clock_getres(of_busy, &resolution));
  open_gate(may_end);
  open_gate(may_end);
  NEED(pthread_join(busy, NULL) == 0 && pthread_join(idle, NULL) == 0);
  CHECK(ns_of(CLOCK_PROCESS_CPUTIME_ID) - all_before >= most);
}
