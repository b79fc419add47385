// The time of FUTEX_WAIT is relative: it ends no sooner, and at once if it is zero: futex(2).
// variants: static
#include "words.h"

static int word;

static void wait_for(int flags, int64_t ns) {
  struct timespec time = as_time(ns);
  int64_t start = now_ns(CLOCK_MONOTONIC);
  errno = 0;
  long result = futex(&word, FUTEX_WAIT | flags, 0, &time, NULL, 0);
  int64_t passed = now_ns(CLOCK_MONOTONIC) - start;
  say("%ld ns: %ld %s, %s\n", (long)ns, result, errno_name(errno), passed >= ns ? "not too soon" : "TOO SOON");
  CHECK(time.tv_sec == ns / 1000000000 && time.tv_nsec == ns % 1000000000);
}

CASE {
  for (int flags = 0; flags <= FUTEX_PRIVATE_FLAG; flags += FUTEX_PRIVATE_FLAG) {
    wait_for(flags, 0);
    wait_for(flags, 1);
    wait_for(flags, 1000);
    wait_for(flags, 3000000);
    wait_for(flags, 120000000);
  }
  struct timespec none = {0, 0};
  SHOW(futex(&word, FUTEX_WAIT, 1, &none, NULL, 0));
  SHOW(futex(&word, FUTEX_WAIT_PRIVATE, 1, &none, NULL, 0));
}
