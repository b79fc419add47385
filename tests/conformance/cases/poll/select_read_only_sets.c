// Sets in memory that cannot be written: EFAULT after the wait; a null set and one that is shared by two arguments:
// select(2).
#include <sys/select.h>

#include "readiness.h"

CASE {
  int ends[2];
  fd_set* set = (fd_set*)fresh_pages(1);
  make_pipe(ends);
  must_write(ends[1], "x");
  FD_SET(ends[0], set);
  NEED(mprotect(set, KX_PAGE, PROT_READ) == 0);
  SHOW(select(ends[0] + 1, set, NULL, NULL, NULL));
  CHECK(FD_ISSET(ends[0], set));
  NEED(mprotect(set, KX_PAGE, PROT_READ | PROT_WRITE) == 0);
  FD_SET(ends[1], set);
  SHOW(select(ends[1] + 1, set, set, NULL, NULL));
  say("%d %d\n", FD_ISSET(ends[0], set) != 0, FD_ISSET(ends[1], set) != 0);
  FD_ZERO(set);
  FD_SET(ends[0], set);
  FD_SET(ends[1], set);
  SHOW(select(ends[0] + 1, NULL, set, NULL, &(struct timeval){0, 1000}));
  say("%d %d\n", FD_ISSET(ends[0], set) != 0, FD_ISSET(ends[1], set) != 0);
  char* last = fresh_pages(2);
  NEED(mprotect(last + KX_PAGE, KX_PAGE, PROT_NONE) == 0);
  set = (fd_set*)(last + KX_PAGE - 8);  // 64 bits fit
  memset(set, 0, 8);
  *(unsigned long*)(void*)set |= 1ul << ends[0];
  SHOW(select(64, set, NULL, NULL, NULL));
  NEED(dup2(ends[0], 100) == 100);  // bits beyond the table of descriptors are not read
  SHOW(select(65, set, NULL, NULL, NULL));
}
