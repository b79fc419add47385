// After a fork every thread of the parent has its own memory on, and the child what was there at the fork: fork(2).
// marks: threads, fork
#include <pthread.h>
#include <stdatomic.h>

#include "relatives.h"

enum { count = 3, pages = 24, forks = 6 };
static long* memory;
static atomic_int stop;
static atomic_long turns[count];

// Each thread writes one number into all pages of its own, so they never differ by more than one.
static void* writes(void* number) {
  volatile long* mine = memory + (long)number * pages * 512;
  for (long value = 1; !stop; value++) {
    for (int i = 0; i < pages; i++) mine[i * 512] = value;
    turns[(long)number] = value;
  }
  for (int i = 1; i < pages; i++)
    if (mine[i * 512] != mine[0]) return (void*)1L;
  return NULL;
}

static int consistent(const long* from) {
  for (int i = 1; i < pages; i++) {
    long step = from[(i - 1) * 512] - from[i * 512];
    if (step != 0 && step != 1) return 0;
  }
  return from[0] - from[(pages - 1) * 512] <= 1;
}

CASE {
  pthread_t threads[count];
  memory = (long*)fresh_pages(count * pages);
  for (long i = 0; i < count; i++) NEED(pthread_create(&threads[i], NULL, writes, (void*)i) == 0);
  for (int turn = 0; turn < forks; turn++) {
    for (int i = 0; i < count; i++) {
      long before = turns[i];
      while (turns[i] < before + 2) sched_yield();
    }
    pid_t child;
    START(child) {
      uint64_t before = checksum(memory, count * pages * KX_PAGE);
      int good = 0;
      for (int i = 0; i < count; i++) good += consistent(memory + i * pages * 512);
      nap();
      say("consistent %d of %d, unchanged %d\n", good, count, before == checksum(memory, count * pages * KX_PAGE));
      memset(memory, 0x55, count * pages * KX_PAGE);
    }
    reap("child", child);
  }
  stop = 1;
  for (int i = 0; i < count; i++) {
    void* result;
    NEED(pthread_join(threads[i], &result) == 0);
    SHOW((long)result);
  }
}
