// A thread's mask and affinity can be given before it begins: pthread_attr_setsigmask_np(3).
// marks: threads
#include <pthread.h>
#include <sched.h>

#include "relatives.h"

static int first_cpu;

static void* body(void* unused) {
  sigset_t mask;
  cpu_set_t cpus;
  NEED(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
  say("mask %d%d\n", sigismember(&mask, SIGUSR1), sigismember(&mask, SIGUSR2));
  NEED(pthread_getaffinity_np(pthread_self(), sizeof cpus, &cpus) == 0);
  say("cpus %d, the right one %d\n", CPU_COUNT(&cpus), CPU_ISSET(first_cpu, &cpus) != 0);
  return unused;
}

CASE {
  pthread_attr_t attributes;
  pthread_t thread;
  cpu_set_t cpus, before, after;
  sigset_t mask = set_of(SIGUSR2);
  block_signal(SIGUSR1);
  NEED(sched_getaffinity(0, sizeof before, &before) == 0);
  while (!CPU_ISSET(first_cpu, &before)) first_cpu++;
  CPU_ZERO(&cpus);
  CPU_SET(first_cpu, &cpus);
  NEED(pthread_attr_init(&attributes) == 0);
  SHOW_CODE(pthread_attr_setsigmask_np(&attributes, &mask));
  SHOW_CODE(pthread_attr_setaffinity_np(&attributes, sizeof cpus, &cpus));
  NEED(pthread_create(&thread, &attributes, body, NULL) == 0);
  NEED(pthread_join(thread, NULL) == 0);
  NEED(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
  say("mask %d%d\n", sigismember(&mask, SIGUSR1), sigismember(&mask, SIGUSR2));
  NEED(sched_getaffinity(0, sizeof after, &after) == 0);
  CHECK(CPU_EQUAL(&before, &after));
}
