// Shared memory of 24 MiB that four children fill and the parent checks: mmap(2).
// marks: fork
#include "relatives.h"

enum { size = 24 << 20, count = size / 8 };

CASE {
  uint64_t* words = shared_memory(size);
  pid_t children[4];
  for (int who = 0; who < 4; who++)
    START(children[who]) for (long i = who; i < count; i += 4) words[i] = (uint64_t)i * 2654435761u;
  for (int who = 0; who < 4; who++) reap("child", children[who]);
  long wrong = 0;
  for (long i = 0; i < count; i++) wrong += words[i] != (uint64_t)i * 2654435761u;
  SHOW(wrong);
}
