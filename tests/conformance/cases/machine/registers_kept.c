// A system call keeps every register but rax, rcx and r11, and the flags: syscall(2).
// variants: static
#include "case.h"

// Sets all registers to known values, makes the call by the raw instruction, stores them.
long kx_probe(long number, unsigned long* after);
__asm__(
    ".text\n"
    "kx_probe:\n"
    " push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n push %rsi\n"
    " mov %rdi, %rax\n"
    " mov $0xb0b0b0b0b0b0b0b0, %rbx\n mov $0xd1d1d1d1d1d1d1d1, %rdx\n mov $99, %edi\n mov $0x5151515151515151, %rsi\n"
    " mov $0xbbbbbbbbbbbbbbbb, %rbp\n mov $0x0808080808080808, %r8\n mov $0x0909090909090909, %r9\n mov "
    "$0x1010101010101010, %r10\n"
    " mov $0x1212121212121212, %r12\n mov $0x1313131313131313, %r13\n mov $0x1414141414141414, %r14\n mov "
    "$0x1515151515151515, %r15\n"
    " stc\n"
    " syscall\n"
    " push %rax\n"
    " pushf\n"
    " mov 16(%rsp), %rax\n"
    " mov %rbx, (%rax)\n mov %rdx, 8(%rax)\n mov %rdi, 16(%rax)\n mov %rsi, 24(%rax)\n mov %rbp, 32(%rax)\n mov %r8, "
    "40(%rax)\n mov %r9, 48(%rax)\n"
    " mov %r10, 56(%rax)\n mov %r12, 64(%rax)\n mov %r13, 72(%rax)\n mov %r14, 80(%rax)\n mov %r15, 88(%rax)\n"
    " pop %rbx\n and $0xcd5, %ebx\n mov %rbx, 96(%rax)\n"
    " pop %rax\n"
    " pop %rsi\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
    " ret\n");

CASE {
  static const long numbers[] = {SYS_getpid,      SYS_close, SYS_dup,   600,
                                 SYS_sched_yield, SYS_lseek, SYS_fsync, SYS_getuid};
  for (int i = 0; i < 8; i++)
    for (int round = 0; round < 3; round++) {
      unsigned long after[13];
      long result = kx_probe(numbers[i], after);
      say("%ld: %s", numbers[i], result < 0 ? errno_name((int)-result) : "ok");
      for (int k = 0; k < 13; k++) say(" %lx", after[k]);
      say("\n");
    }
}
