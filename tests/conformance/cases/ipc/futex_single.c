// futex within one thread: wrong value, timeouts, wake without waiters, errors: futex(2).
#include <linux/futex.h>
#include <time.h>

#include "case.h"

static uint32_t word = 5;

static long futex(void* address, int operation, uint32_t value, const struct timespec* timeout, uint32_t mask) {
  return syscall(SYS_futex, address, operation, value, timeout, NULL, mask);
}

CASE {
  struct timespec soon = {0, 20000000}, wrong = {0, -1}, past = {1, 0};
  SHOW(futex(&word, FUTEX_WAIT, 4, NULL, 0));
  SHOW(futex(&word, FUTEX_WAIT, 5, &soon, 0));
  SHOW(futex(&word, FUTEX_WAIT_PRIVATE, 5, &soon, 0));
  SHOW(futex(&word, FUTEX_WAIT, 5, &wrong, 0));
  SHOW(futex(&word, FUTEX_WAIT_BITSET, 5, &past, ~0u));
  SHOW(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &past, 1));
  SHOW(futex(&word, FUTEX_WAIT_BITSET, 5, &past, 0));
  SHOW(futex(&word, FUTEX_WAKE, 10, NULL, 0));
  SHOW(futex((char*)&word + 1, FUTEX_WAIT, 5, NULL, 0));
  SHOW(futex((void*)8, FUTEX_WAIT, 5, NULL, 0));
  SHOW(futex(&word, 99, 5, NULL, 0));
}
