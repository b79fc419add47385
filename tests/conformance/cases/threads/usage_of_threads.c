// getrusage counts the calling thread, or all with those that have ended: getrusage(2).
// marks: threads
#include <pthread.h>
#include <sys/resource.h>

#include "relatives.h"

enum { most = 300000 };
static volatile unsigned long work;

static long us_of(int who) {
  struct rusage usage;
  NEED(getrusage(who, &usage) == 0);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void* computes(void* unused) {
  long start = us_of(RUSAGE_THREAD);
  while (us_of(RUSAGE_THREAD) - start < most)
    for (int i = 0; i < 10000; i++) work++;
  return unused;
}

CASE {
  pthread_t thread;
  long all_before = us_of(RUSAGE_SELF), own_before = us_of(RUSAGE_THREAD);
  NEED(pthread_create(&thread, NULL, computes, NULL) == 0);
  NEED(pthread_join(thread, NULL) == 0);
  CHECK(us_of(RUSAGE_SELF) - all_before >= most * 9 / 10);
  CHECK(us_of(RUSAGE_THREAD) - own_before < most / 2);
  SHOW(getrusage(RUSAGE_THREAD, (struct rusage*)1L));
  SHOW(syscall(SYS_getrusage, 2, &(struct rusage){0}));
  SHOW(syscall(SYS_getrusage, -2, &(struct rusage){0}));
}
