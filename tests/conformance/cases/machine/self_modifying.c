// Self-modifying code: the changed instruction is the one that runs, without any system call between: mprotect(2).
#include "case.h"

CASE {
  unsigned char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  memcpy(memory, (unsigned char[]){0xb8, 0, 0, 0, 0, 0xc3}, 6);  // mov $0,%eax; ret
  int (*volatile function)(void) = (int (*)(void))(uintptr_t)memory;
  long sum = 0;
  for (int i = 0; i < 1000; i++) {
    *(volatile int*)(memory + 1) = i;
    sum += function();
  }
  SHOW(sum);
}
