// getrusage counts the calling thread, or all with those that have ended: getrusage(2).
// marks: threads
#include <pthread.h>
#include <sys/resource.h>

#include "relatives.h"

static volatile unsigned long work;

static long us_of(int who) {
  struct rusage usage;
  NEED(getrusage(who, &usage) == 0);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void* computes(void* unused) {
  while (us_of(RUSAGE_THREAD) < 100000)
    for (int i = 0; i < 10000; i++) work++;
  return unused;
}

CASE {
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, computes, NULL) == 0);
  NEED(pthread_join(thread, NULL) == 0);
  CHECK(us_of(RUSAGE_SELF) >= 90000);
  CHECK(us_of(RUSAGE_THREAD) < 90000);
  SHOW(getrusage(RUSAGE_THREAD, (struct rusage*)1L));
  SHOW(syscall(SYS_getrusage, 2, &(struct rusage){0}));
  SHOW(syscall(SYS_getrusage, -2, &(struct rusage){0}));
}
