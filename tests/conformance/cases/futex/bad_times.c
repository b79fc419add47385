// Times that are none are refused before anything else is looked at: futex(2).
// variants: static
#include "words.h"

static int words[2];

CASE {
  static const struct timespec wrong[] = {{0, -1}, {0, 1000000000}, {-1, 0}, {-1, 999999999}, {LLONG_MIN, 0}};
  char* gone = fresh_pages(1);
  NEED(munmap(gone, KX_PAGE) == 0);
  for (int flags = 0; flags <= FUTEX_PRIVATE_FLAG; flags += FUTEX_PRIVATE_FLAG) {
    for (int i = 0; i < 5; i++) {
      SHOW(futex(words, FUTEX_WAIT | flags, 0, &wrong[i], NULL, 0));
      SHOW(futex(words, FUTEX_WAIT | flags, 1, &wrong[i], NULL, 0));
      SHOW(futex(words, FUTEX_WAIT_BITSET | flags, 0, &wrong[i], NULL, -1));
    }
    SHOW(futex(words, FUTEX_WAIT | flags, 0, gone, NULL, 0));
    SHOW(futex(words, FUTEX_WAIT | flags, 1, gone, NULL, 0));
    SHOW(futex(words, FUTEX_WAIT_BITSET | flags, 0, gone, NULL, 0));
    SHOW(futex(words, FUTEX_WAIT_BITSET | flags, 0, (void*)1L, NULL, -1));
    SHOW(futex((char*)words + 1, FUTEX_WAIT | flags, 0, gone, NULL, 0));
    SHOW(futex(gone, FUTEX_WAIT | flags, 0, &wrong[0], NULL, 0));
    SHOW(futex(words, FUTEX_WAIT | FUTEX_CLOCK_REALTIME | flags, 0, gone, NULL, 0));
    // A wake has no time: its fourth argument is not read.
    SHOW(futex(words, FUTEX_WAKE | flags, 1, gone, NULL, 0));
    SHOW(futex(words, FUTEX_WAKE_BITSET | flags, 1, gone, NULL, -1));
  }
}
