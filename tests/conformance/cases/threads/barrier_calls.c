// membarrier: which commands there are, who has to register, and that it orders what two threads see: membarrier(2).
// marks: threads
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdatomic.h>

#include "case.h"

enum { turns = 300 };
static volatile int flag_slow, flag_fast, both, stop;
static atomic_int round_now, ready;

static long barrier(int command, int flags) {
  return syscall(SYS_membarrier, command, flags, 0);
}

static void* fast(void* unused) {
  int round = 0;
  while (!stop) {
    if (round_now == round) {
      sched_yield();
      continue;
    }
    round = round_now;
    flag_fast = round;
    atomic_signal_fence(memory_order_seq_cst);  // the other one's barrier is this one's too
    if (flag_slow != round) both = round;
    ready = round;
  }
  return unused;
}

CASE {
  pthread_t thread;
  long commands = barrier(MEMBARRIER_CMD_QUERY, 0);
  CHECK(commands > 0 && (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0);
  CHECK((commands & MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) != 0);
  SHOW(barrier(MEMBARRIER_CMD_QUERY, 1));
  SHOW(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
  SHOW(barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0));
  SHOW(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0));
  SHOW(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 2));
  SHOW(barrier(MEMBARRIER_CMD_GLOBAL, 0));
  SHOW(barrier(1 << 20, 0));
  SHOW(barrier(-1, 0));
  NEED(pthread_create(&thread, NULL, fast, NULL) == 0);
  int neither = 0;
  for (int round = 1; round <= turns; round++) {
    round_now = round;
    flag_slow = round;
    NEED(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0) == 0);
    int seen = flag_fast == round;
    while (ready != round) sched_yield();
    neither += !seen && both == round;
  }
  stop = 1;
  NEED(pthread_join(thread, NULL) == 0);
  SHOW(neither);
}
