// System calls leave the red zone below the stack pointer alone, made from anywhere: the System V ABI.
// variants: static
#include "case.h"

long kx_red_zone(long number);
__asm__(
    ".text\n"
    "kx_red_zone:\n"
    " mov %rdi, %rax\n mov $99, %edi\n"
    " mov $0x5a5a5a5a5a5a5a5a, %rdx\n"
    " mov %rdx, -8(%rsp)\n mov %rdx, -16(%rsp)\n mov %rdx, -64(%rsp)\n mov %rdx, -120(%rsp)\n mov %rdx, -128(%rsp)\n"
    " syscall\n"
    " xor %eax, %eax\n mov $0x5a5a5a5a5a5a5a5a, %rdx\n"
    " cmp %rdx, -8(%rsp)\n jne 1f\n cmp %rdx, -16(%rsp)\n jne 1f\n cmp %rdx, -64(%rsp)\n jne 1f\n cmp %rdx, "
    "-120(%rsp)\n jne 1f\n cmp %rdx, -128(%rsp)\n jne 1f\n"
    " ret\n"
    "1: mov $1, %eax\n ret\n");

CASE {
  static const long numbers[] = {SYS_getpid,      SYS_close, SYS_dup,     600,
                                 SYS_sched_yield, SYS_sync,  SYS_getppid, SYS_fsync};
  long destroyed = 0;
  for (int round = 0; round < 50; round++)
    for (int i = 0; i < 7; i++) destroyed += kx_red_zone(numbers[i == 5 ? 7 : i]);
  SHOW(destroyed);
}
