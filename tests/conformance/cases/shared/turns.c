// Parent and child take turns by a word in shared memory, yielding while they wait: sched_yield(2).
// marks: fork
#include <sched.h>

#include "relatives.h"

CASE {
  volatile int* turn = shared_memory(KX_PAGE);
  pid_t child;
  START(child) for (int i = 0; i < 200; i++) {
    while (__atomic_load_n(turn, __ATOMIC_ACQUIRE) != 2 * i + 1) sched_yield();
    __atomic_store_n(turn, 2 * i + 2, __ATOMIC_RELEASE);
  }
  for (int i = 0; i < 200; i++) {
    while (__atomic_load_n(turn, __ATOMIC_ACQUIRE) != 2 * i) sched_yield();
    __atomic_store_n(turn, 2 * i + 1, __ATOMIC_RELEASE);
  }
  reap("child", child);
  SHOW(*turn);
}
