// What cases about futexes share: the call, and waiting until threads have come to wait.
#ifndef KX_WORDS_H
#define KX_WORDS_H

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "relatives.h"

static KX_UNUSED long futex(void* at, int operation, int value, const void* time_or_count, void* other, int last) {
  return syscall(SYS_futex, at, operation, value, time_or_count, other, last);
}

// Waits until so many wait at the word, and stay there: one that the kernel wakes by mistake comes back meanwhile if
// it looks at its word again. Found out by moving them to where they are.
static KX_UNUSED void await_waiters(void* at, int flags, long count) {
  for (int settled = 0; settled < 3; nap())
    settled = futex(at, FUTEX_REQUEUE | flags, 0, (void*)1000L, at, 0) == count ? settled + 1 : 0;
}

// Waits while the word has this value; a signal does not end it.
static KX_UNUSED void wait_while(atomic_int* at, int flags, int value) {
  while (atomic_load(at) == value) futex(at, FUTEX_WAIT | flags, value, NULL, NULL, 0);
}

static KX_UNUSED int64_t now_ns(clockid_t clock) {
  struct timespec time;
  NEED(clock_gettime(clock, &time) == 0);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static KX_UNUSED struct timespec as_time(int64_t ns) {
  return (struct timespec){ns / 1000000000, ns % 1000000000};
}

#endif
