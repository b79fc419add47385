// The syscall instruction works when code jumps straight to it, past the mov that loads the number: syscall(2).
// variants: static
#include "case.h"

// Called with the number in rdi: enters at the mov, at the syscall, and from a loop that ends at it.
long kx_at_mov(void), kx_at_syscall(long number);
__asm__(
    ".text\n"
    "kx_at_mov:\n mov $39, %eax\n"
    "kx_inner: syscall\n ret\n"
    "kx_at_syscall:\n mov %rdi, %rax\n mov $99, %edi\n jmp kx_inner\n");

CASE {
  long pid = getpid(), wrong = 0;
  for (int i = 0; i < 100; i++) {
    wrong += kx_at_mov() != pid;
    wrong += kx_at_syscall(SYS_close) != -EBADF;
    wrong += kx_at_syscall(600) != -ENOSYS;
    wrong += kx_at_syscall(SYS_getpid) != pid;
  }
  SHOW(wrong);
}
