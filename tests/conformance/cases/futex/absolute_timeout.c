// The time of FUTEX_WAIT_BITSET is a point of CLOCK_MONOTONIC, or of CLOCK_REALTIME with the flag: futex(2).
// variants: static
#include "words.h"

static int word;

static void wait_until(int flags, clockid_t clock, int64_t from_now) {
  int64_t until = now_ns(clock) + from_now;
  struct timespec time = as_time(until);
  errno = 0;
  long result = futex(&word, FUTEX_WAIT_BITSET | flags, 0, &time, NULL, -1);
  say("in %ld ms: %ld %s, %s\n", (long)(from_now / 1000000), result, errno_name(errno),
      now_ns(clock) >= until ? "not too soon" : "TOO SOON");
}

CASE {
  for (int flags = 0; flags <= FUTEX_PRIVATE_FLAG; flags += FUTEX_PRIVATE_FLAG) {
    wait_until(flags, CLOCK_MONOTONIC, 50000000);
    wait_until(flags, CLOCK_MONOTONIC, 0);
    wait_until(flags, CLOCK_MONOTONIC, -1000000);
    wait_until(flags | FUTEX_CLOCK_REALTIME, CLOCK_REALTIME, 50000000);
    wait_until(flags | FUTEX_CLOCK_REALTIME, CLOCK_REALTIME, 0);
    wait_until(flags | FUTEX_CLOCK_REALTIME, CLOCK_REALTIME, -1000000000);
    // An hour ago by the other clock.
    struct timespec time = as_time(now_ns(CLOCK_MONOTONIC));
    SHOW(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME | flags, 0, &time, NULL, -1));
  }
}
