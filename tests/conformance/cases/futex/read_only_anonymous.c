// A shared futex of private memory that cannot be written is refused: futex(2).
#include "words.h"

CASE {
  struct timespec soon = {0, 1000000};
  int* touched = (int*)fresh_pages(1);
  *(volatile int*)touched = 0;
  NEED(mprotect(touched, KX_PAGE, PROT_READ) == 0);
  SHOW(futex(touched, FUTEX_WAIT, 0, &soon, NULL, 0));
  SHOW(futex(touched, FUTEX_WAIT, 1, &soon, NULL, 0));
}
