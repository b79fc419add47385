// A program that reads its own system-call code finds it as in its file, or at least working: self-checks must hold.
// marks: patched-text
#include "case.h"

long kx_own_call(void);
extern const unsigned char kx_own_end[];
__asm__(".text\nkx_own_call: mov $39, %eax\n syscall\n ret\n .globl kx_own_end\nkx_own_end: nop\n");

CASE {
  long pid = getpid(), wrong = 0;
  static unsigned char before[8], after[8];
  memcpy(before, (void*)(uintptr_t)kx_own_call, 8);
  for (int i = 0; i < 20; i++) wrong += kx_own_call() != pid;
  memcpy(after, (void*)(uintptr_t)kx_own_call, 8);
  SHOW(wrong);
  say("syscall and ret: %02x %02x %02x\n", after[5], after[6], after[7]);
  CHECK(before[7] == after[7]);
  CHECK(kx_own_end[0] == 0x90);
}
