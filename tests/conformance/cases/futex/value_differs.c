// FUTEX_WAIT compares all 32 bits of the word, and nothing beside it: futex(2).
// variants: static
#include "words.h"

static int words[3];

static void try(int flags, int in_word, int expected) {
  struct timespec soon = {0, 1000000};
  words[0] = words[2] = 77;
  words[1] = in_word;
  errno = 0;
  long result = futex(&words[1], FUTEX_WAIT | flags, expected, &soon, NULL, 0);
  say("word %08x expected %08x: %ld %s\n", in_word, expected, result, errno_name(errno));
}

CASE {
  for (int flags = 0; flags <= FUTEX_PRIVATE_FLAG; flags += FUTEX_PRIVATE_FLAG) {
    say(flags ? "private\n" : "shared\n");
    try(flags, 0, 0);
    try(flags, 0, 1);
    try(flags, -1, -1);
    try(flags, -1, 0);
    try(flags, INT_MIN, 0);
    try(flags, INT_MIN, INT_MIN);
    try(flags, INT_MAX, INT_MAX);
    try(flags, 0x10000, 0);
    try(flags, 77, 77);
  }
  // The upper half of the argument is not looked at.
  struct timespec soon = {0, 1000000};
  words[1] = 5;
  SHOW(syscall(SYS_futex, &words[1], FUTEX_WAIT, 0x700000005L, &soon, NULL, 0L));
  SHOW(syscall(SYS_futex, &words[1], FUTEX_WAIT_PRIVATE, 0x700000005L, &soon, NULL, 0L));
}
