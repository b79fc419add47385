// Text and read-only data of the program cannot be written; mprotect makes a private copy writable: mprotect(2).
#include "fault.h"

static const char constant[] = "constant text";

__attribute__((noinline, aligned(64))) static int answer(void) {
  return 42;
}

CASE {
  FAULT(constant, poke((char*)constant, 'C'));
  FAULT(answer, poke((char*)(uintptr_t)answer, 0));
  char* page = (char*)((uintptr_t)constant & ~(uintptr_t)(KX_PAGE - 1));
  SHOW(mprotect(page, KX_PAGE, PROT_READ | PROT_WRITE));
  poke((char*)constant, 'C');
  say("%c%s\n", peek(constant), constant + 1);
  SHOW(answer());
}
