// Words that are misaligned, not mapped or not accessible: futex(2).
// variants: static
#include "words.h"

CASE {
  char* pages = fresh_pages(3);
  NEED(munmap(pages + KX_PAGE, KX_PAGE) == 0 && mprotect(pages + 2 * KX_PAGE, KX_PAGE, PROT_NONE) == 0);
  int *word = (int*)pages, *gone = (int*)(pages + KX_PAGE), *barred = (int*)(pages + 2 * KX_PAGE);
  int* far = (int*)0xffff800000000000;
  struct timespec soon = {0, 1000000};
  for (int flags = 0; flags <= FUTEX_PRIVATE_FLAG; flags += FUTEX_PRIVATE_FLAG) {
    say(flags ? "private\n" : "shared\n");
    for (int i = 1; i < 4; i++) {
      SHOW(futex((char*)word + i, FUTEX_WAIT | flags, 0, &soon, NULL, 0));
      SHOW(futex((char*)word + i, FUTEX_WAKE | flags, 1, NULL, NULL, 0));
      SHOW(futex((char*)word + i, FUTEX_REQUEUE | flags, 1, (void*)1L, word, 0));
      SHOW(futex(word, FUTEX_CMP_REQUEUE | flags, 1, (void*)1L, (char*)word + i, 0));
      SHOW(futex((char*)word + i, FUTEX_WAKE_OP | flags, 1, (void*)1L, word, 0));
    }
    SHOW(futex(gone, FUTEX_WAIT | flags, 0, &soon, NULL, 0));
    SHOW(futex(barred, FUTEX_WAIT | flags, 0, &soon, NULL, 0));
    SHOW(futex(far, FUTEX_WAIT | flags, 0, &soon, NULL, 0));
    SHOW(futex(NULL, FUTEX_WAIT_BITSET | flags, 0, NULL, NULL, -1));
    SHOW(futex(gone, FUTEX_WAKE | flags, 1, NULL, NULL, 0));
    SHOW(futex(barred, FUTEX_WAKE | flags, 1, NULL, NULL, 0));
    SHOW(futex(far, FUTEX_WAKE | flags, 1, NULL, NULL, 0));
    SHOW(futex(NULL, FUTEX_WAKE | flags, 1, NULL, NULL, 0));
    SHOW(futex((char*)gone - 2, FUTEX_WAKE | flags, 1, NULL, NULL, 0));
    SHOW(futex(word, FUTEX_REQUEUE | flags, 1, (void*)1L, gone, 0));
    SHOW(futex(gone, FUTEX_REQUEUE | flags, 1, (void*)1L, word, 0));
    SHOW(futex(gone, FUTEX_CMP_REQUEUE | flags, 1, (void*)1L, word, 0));
    SHOW(futex(word, FUTEX_CMP_REQUEUE | flags, 1, (void*)1L, far, 0));
    SHOW(futex(word, FUTEX_WAKE_OP | flags, 1, (void*)1L, gone, FUTEX_OP(FUTEX_OP_SET, 1, 0, 0)));
    SHOW(futex(word, FUTEX_WAKE_OP | flags, 1, (void*)1L, barred, FUTEX_OP(FUTEX_OP_SET, 1, 0, 0)));
    SHOW(futex(gone, FUTEX_WAKE_OP | flags, 1, (void*)1L, word, FUTEX_OP(FUTEX_OP_SET, 1, 0, 0)));
    say("word %d\n", *word);
    *word = 0;
  }
}
