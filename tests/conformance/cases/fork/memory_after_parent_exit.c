// A grandchild keeps all its memory after its parent has ended: fork(2).
// marks: fork
#include "relatives.h"

CASE {
  const size_t size = 4 << 20;
  uint64_t* words = malloc(size);
  for (size_t i = 0; i < size / 8; i++) words[i] = i * 2654435761u;
  uint64_t before = checksum(words, size);
  struct gate ready = make_gate(), orphaned = make_gate(), done = make_gate();
  pid_t middle, grandchild;
  START(middle) {
    words[1000] = 1;
    START(grandchild) {
      open_gate(ready);
      pass_gate(orphaned);
      say("grandchild: changed %d", checksum(words, size) != before);
      words[1000] = 1000ul * 2654435761u;
      say(", restored %d\n", checksum(words, size) == before);
      open_gate(done);
    }
    words[2000] = 2;
    pass_gate(ready);
  }
  reap("middle", middle);
  memset(words, 0, size);
  open_gate(orphaned);
  pass_gate(done);
  SHOW(words[1000]);
}
