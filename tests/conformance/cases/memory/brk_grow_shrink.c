// sbrk grows and shrinks the heap; fresh heap is zero, given-back heap is gone: brk(2).
// variants: static
#include "fault.h"

CASE {
  char* start = sbrk(0);
  CHECK(start != (void*)-1);
  NEED(sbrk((KX_PAGE - (intptr_t)((uintptr_t)start % KX_PAGE)) % KX_PAGE) != (void*)-1);
  start = sbrk(0);
  CHECK(sbrk(10 * KX_PAGE) == start);
  CHECK((char*)sbrk(0) == start + 10 * KX_PAGE);
  long sum = 0;
  for (long i = 0; i < 10 * KX_PAGE; i++) sum += start[i];
  SHOW(sum);
  memset(start, 'b', 10 * KX_PAGE);
  SHOW(brk(start + 5 * KX_PAGE));
  FAULT(start + 5 * KX_PAGE, peek(start + 5 * KX_PAGE));
  SHOW(brk(start + 10 * KX_PAGE));
  SHOW(start[5 * KX_PAGE - 1]);
  SHOW(start[5 * KX_PAGE]);
}
