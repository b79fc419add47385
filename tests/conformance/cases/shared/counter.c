// Atomic additions of four processes to one word: none is lost: mmap(2).
// marks: fork, lane
#include "relatives.h"

CASE {
  long* words = shared_memory(KX_PAGE);
  pid_t children[4];
  for (int i = 0; i < 4; i++) START(children[i]) for (int j = 0; j < 20000; j++) {
      __atomic_add_fetch(&words[0], 1, __ATOMIC_RELAXED);
      __atomic_xor_fetch(&words[8], (long)i * 20000 + j, __ATOMIC_RELAXED);
    }
  for (int i = 0; i < 4; i++) reap("child", children[i]);
  long expected = 0;
  for (long i = 0; i < 80000; i++) expected ^= i;
  SHOW(words[0]);
  CHECK(words[8] == expected);
}
