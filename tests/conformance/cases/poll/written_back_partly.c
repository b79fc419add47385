// Results go to read-only memory with EFAULT, and only the field revents is written: poll(2).
#include "readiness.h"

CASE {
  int ends[2];
  char* pages = fresh_pages(2);
  make_pipe(ends);
  must_write(ends[1], "x");
  struct pollfd* entries = (struct pollfd*)(pages + KX_PAGE) - 2;
  for (int i = 0; i < 3; i++) entries[i] = (struct pollfd){ends[0], POLLIN, 0};
  NEED(mprotect(pages + KX_PAGE, KX_PAGE, PROT_READ) == 0);
  SHOW(poll(entries, 3, -1));
  SHOW(poll(entries, 2, -1));
  SHOW(entries[0].revents);
  NEED(mprotect(pages + KX_PAGE, KX_PAGE, PROT_NONE) == 0);
  SHOW(poll(entries, 3, -1));
  SHOW(poll(entries, 2, -1));
}
