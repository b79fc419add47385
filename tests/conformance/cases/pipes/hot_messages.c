// Messages of many sizes to a child and back, both sides awake: pipe(7).
// marks: fork
#include "hot.h"

CASE {
  enum { rounds = 3000, most = 9000 };
  static char sent[most], got[most];
  struct line line;
  warm_up(&line);
  uint32_t state = 7, wrong = 0;
  for (int i = 0; i < rounds; i++) {
    const size_t size = next_number(&state) % most + 1;
    for (size_t at = 0; at < size; at += 64) sent[at] = (char)next_number(&state);
    if (line.child == 0) {
      must_read(line.to[0], got, size);
      must_write(line.from[1], got, size);
    } else {
      must_write(line.to[1], sent, size);
      must_read(line.from[0], got, size);
      for (size_t at = 0; at < size; at += 64) wrong += got[at] != sent[at];
    }
  }
  if (line.child == 0) _exit(0);
  SHOW(wrong);
  reap("child", line.child);
}
