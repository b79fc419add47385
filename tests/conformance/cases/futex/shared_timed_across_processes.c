// A process waits with a time at a word of shared memory: woken by a relative, or its time passes: futex(2).
// marks: fork
#include "words.h"

CASE {
  atomic_int* words = shared_memory(KX_PAGE);
  pid_t child;
  START(child) {
    struct timespec long_time = as_time(60000000000), short_time = as_time(20000000);
    SHOW(futex(&words[1], FUTEX_WAIT, 0, &short_time, NULL, 0));
    long result = 0;
    while (words[0] == 0 && result == 0) result = futex(&words[0], FUTEX_WAIT, 0, &long_time, NULL, 0);
    say("child: %ld\n", result);
    long_time = as_time(now_ns(CLOCK_REALTIME) + 60000000000);
    result = 0;
    while (words[2] == 0 && result == 0)
      result = futex(&words[2], FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &long_time, NULL, 2);
    say("child: %ld\n", result);
  }
  await_waiters(&words[0], 0, 1);
  words[0] = 1;
  NEED(futex(&words[0], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) == 0);
  NEED(futex(&words[0], FUTEX_WAKE, 1, NULL, NULL, 0) >= 0);
  await_waiters(&words[2], 0, 1);
  SHOW(futex(&words[2], FUTEX_WAKE_BITSET, 1, NULL, NULL, 1));
  words[2] = 1;
  long woken = futex(&words[2], FUTEX_WAKE_BITSET, 1, NULL, NULL, 3);
  reap("child", child);
  SHOW(woken);
}
