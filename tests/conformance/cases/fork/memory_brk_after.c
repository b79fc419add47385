// The program break moves in each process by itself: brk(2).
// marks: fork
#include "relatives.h"

CASE {
  char* start = sbrk(0);
  NEED(sbrk(16 * KX_PAGE) != (void*)-1);
  memset(start, 'x', 16 * KX_PAGE);
  pid_t child;
  START(child) {
    say("child: same break %d\n", sbrk(0) == start + 16 * KX_PAGE);
    NEED(sbrk(16 * KX_PAGE) != (void*)-1);
    say("child: %c %d\n", start[0], start[16 * KX_PAGE]);
    memset(start, 'c', 32 * KX_PAGE);
    NEED(brk(start + KX_PAGE) == 0);
    say("child: %c\n", start[KX_PAGE - 1]);
    start[2 * KX_PAGE] = 1;
  }
  reap("child that writes behind its break", child);
  CHECK(sbrk(0) == start + 16 * KX_PAGE);
  say("parent: %c %c\n", start[0], start[15 * KX_PAGE]);
}
