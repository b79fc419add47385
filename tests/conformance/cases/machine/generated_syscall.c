// Code generated at run time that contains a syscall instruction works at once and many times: mmap(2).
// variants: static,musl
#include "case.h"

CASE {
  unsigned char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  static const unsigned char code[] = {0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3};  // mov $39,%eax; syscall; ret
  memcpy(memory, code, sizeof code);
  long (*function)(void) = (long (*)(void))(uintptr_t)memory;
  long wrong = 0;
  for (int i = 0; i < 300; i++) wrong += function() != getpid();
  SHOW(wrong);
  CHECK(memcmp(memory, code, sizeof code) == 0 || function() == getpid());
  memory[1] = 110;  // getppid
  for (int i = 0; i < 300; i++) wrong += function() != getppid();
  SHOW(wrong);
}
