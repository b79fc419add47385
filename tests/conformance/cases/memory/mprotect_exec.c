// Data pages are not executable until mprotect says so, and then not writable: mprotect(2).
#include "fault.h"

CASE {
  unsigned char* memory = (unsigned char*)fresh_pages(1);
  static const unsigned char code[] = {0xb8, 0x2a, 0, 0, 0, 0xc3};  // mov $42,%eax; ret
  memcpy(memory, code, sizeof code);
  int (*function)(void) = (int (*)(void))(uintptr_t)memory;
  FAULT(memory, function());
  SHOW(mprotect(memory, KX_PAGE, PROT_READ | PROT_EXEC));
  SHOW(function());
  FAULT(memory + 1, poke(memory + 1, 1));
  SHOW(mprotect(memory, KX_PAGE, PROT_READ | PROT_WRITE));
  FAULT(memory, function());
  memory[1] = 43;
  SHOW(mprotect(memory, KX_PAGE, PROT_READ | PROT_EXEC));
  SHOW(function());
}
