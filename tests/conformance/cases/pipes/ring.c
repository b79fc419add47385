// A token goes round a ring of eight processes, twenty times: pipe(2).
// marks: fork
#include "relatives.h"

CASE {
  enum { count = 8, rounds = 20 };
  int ring[count][2];
  for (int i = 0; i < count; i++) NEED(pipe(ring[i]) == 0);
  pid_t children[count];
  for (int i = 1; i < count; i++) START(children[i]) for (int round = 0; round < rounds; round++) {
      int token;
      NEED(read(ring[i][0], &token, sizeof token) == sizeof token);
      token += i;
      NEED(write(ring[(i + 1) % count][1], &token, sizeof token) == sizeof token);
    }
  int token = 0;
  for (int round = 0; round < rounds; round++) {
    NEED(write(ring[1][1], &token, sizeof token) == sizeof token);
    NEED(read(ring[0][0], &token, sizeof token) == sizeof token);
  }
  SHOW(token);
  for (int i = 1; i < count; i++) reap("member", children[i]);
}
