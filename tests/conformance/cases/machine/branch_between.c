// Branch targets between the number's mov and the syscall, and right after it, stay valid: syscall(2).
#include "case.h"

long kx_branchy(long which);
__asm__(
    ".text\n"
    "kx_branchy:\n"
    " test %edi, %edi\n jz 1f\n cmp $1, %edi\n je 2f\n mov $0x1234, %eax\n jmp 3f\n"
    "1: mov $39, %eax\n"
    "4: syscall\n"
    "3: add $1, %rax\n ret\n"
    "2: mov $110, %eax\n jmp 4b\n");

CASE {
  long wrong = 0;
  for (int i = 0; i < 100; i++) {
    wrong += kx_branchy(0) != getpid() + 1;
    wrong += kx_branchy(1) != getppid() + 1;
    wrong += kx_branchy(2) != 0x1235;
  }
  SHOW(wrong);
}
