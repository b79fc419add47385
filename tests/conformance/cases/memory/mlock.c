// mlock, munlock, mlockall and their errors: mlock(2).
#include "case.h"

CASE {
  char* memory = fresh_pages(4);
  SHOW(mlock(memory, 2 * KX_PAGE));
  SHOW(munlock(memory, 2 * KX_PAGE));
  SHOW(mlock(memory + 5, 10));
  SHOW(mlockall(MCL_CURRENT));
  SHOW(munlockall());
  SHOW(mlockall(0x100));
  NEED(munmap(memory + KX_PAGE, KX_PAGE) == 0);
  SHOW(mlock(memory, 2 * KX_PAGE));
}
