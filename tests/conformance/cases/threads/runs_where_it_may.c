// A thread runs on the processors it is allowed to: getcpu says so after each sched_setaffinity: getcpu(2).
// marks: threads
#include <pthread.h>
#include <sched.h>

#include "relatives.h"

static cpu_set_t all;

static void* body(void* unused) {
  int wrong = 0, cpus = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &all)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    NEED(sched_setaffinity(0, sizeof one, &one) == 0);
    for (int i = 0; i < 20; i++) {
      unsigned by_call = 0, node = 0;
      if (i % 5 == 0) sched_yield();
      NEED(syscall(SYS_getcpu, &by_call, &node, NULL) == 0);
      wrong += sched_getcpu() != cpu || by_call != (unsigned)cpu;
    }
    cpus++;
  }
  say("wrong %d, tried %s\n", wrong, cpus == CPU_COUNT(&all) ? "all" : "SOME");
  return unused;
}

CASE {
  pthread_t thread;
  NEED(sched_getaffinity(0, sizeof all, &all) == 0);
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  NEED(pthread_join(thread, NULL) == 0);
  SHOW(syscall(SYS_getcpu, NULL, NULL, NULL));
  SHOW(syscall(SYS_getcpu, 1L, NULL, NULL));
  SHOW(syscall(SYS_getcpu, NULL, 1L, NULL));
}
