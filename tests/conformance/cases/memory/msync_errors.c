// msync: flags and errors: msync(2).
#include "case.h"

CASE {
  char* memory = fresh_pages(3);
  SHOW(msync(memory, KX_PAGE, MS_SYNC));
  SHOW(msync(memory, KX_PAGE, MS_ASYNC));
  SHOW(msync(memory, KX_PAGE, MS_ASYNC | MS_INVALIDATE));
  SHOW(msync(memory, KX_PAGE, MS_ASYNC | MS_SYNC));
  SHOW(msync(memory, KX_PAGE, 0x100));
  SHOW(msync(memory + 1, KX_PAGE, MS_SYNC));
  NEED(munmap(memory + KX_PAGE, KX_PAGE) == 0);
  SHOW(msync(memory, 3 * KX_PAGE, MS_SYNC));
}
