// Operations that do not exist, and flags that do not fit an operation: futex(2).
#include "words.h"

CASE {
  static int word;
  char* misaligned = (char*)&word + 1;
  SHOW(futex(&word, 2, 0, NULL, NULL, 0));  // FUTEX_FD, long gone
  SHOW(futex(&word, 14, 0, NULL, NULL, 0));
  SHOW(futex(&word, 127, 0, NULL, NULL, 0));
  SHOW(futex(&word, 1024 | FUTEX_WAKE, 1, NULL, NULL, 0));
  SHOW(futex(&word, -1, 0, NULL, NULL, 0));
  SHOW(futex(misaligned, 2, 0, NULL, NULL, 0));
  SHOW(futex(NULL, 99, 0, NULL, NULL, 0));
  SHOW(futex(&word, FUTEX_WAKE_PRIVATE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0));
  SHOW(futex(&word, FUTEX_WAKE_BITSET | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, -1));
  SHOW(futex(&word, FUTEX_REQUEUE | FUTEX_CLOCK_REALTIME, 1, NULL, &word, 0));
  SHOW(futex(misaligned, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0));
  SHOW(syscall(SYS_futex, &word, 0x100000000L | FUTEX_WAKE, 1L, NULL, NULL, 0L));
}
