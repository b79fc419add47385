// One may wait at a word that one may only read, if it is private or of a file; not change it by a wake: futex(2).
#include "words.h"

CASE {
  struct timespec soon = {0, 1000000};
  int fd = memfd_create("word", 0);
  NEED(fd >= 0 && ftruncate(fd, KX_PAGE) == 0);
  int* of_file = mmap(NULL, KX_PAGE, PROT_READ, MAP_SHARED, fd, 0);
  NEED(of_file != MAP_FAILED);
  int* touched = (int*)fresh_pages(1);
  touched[1] = 0;
  *(volatile int*)touched = 0;
  NEED(mprotect(touched, KX_PAGE, PROT_READ) == 0);
  SHOW(futex(of_file, FUTEX_WAIT, 0, &soon, NULL, 0));
  SHOW(futex(of_file, FUTEX_WAIT, 1, &soon, NULL, 0));
  SHOW(futex(of_file, FUTEX_WAIT_PRIVATE, 0, &soon, NULL, 0));
  SHOW(futex(of_file, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
  SHOW(futex(touched, FUTEX_WAIT_PRIVATE, 0, &soon, NULL, 0));
  SHOW(futex(touched, FUTEX_WAIT_PRIVATE, 1, &soon, NULL, 0));
  SHOW(futex(touched, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
  int word = 0;
  SHOW(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void*)1L, touched, FUTEX_OP(FUTEX_OP_ADD, 1, 0, 0)));
  SHOW(futex(&word, FUTEX_WAKE_OP, 1, (void*)1L, of_file, FUTEX_OP(FUTEX_OP_ADD, 1, 0, 0)));
  say("words %d %d\n", *touched, *of_file);
}
