// General registers keep their values over the call in parent and child: fork(2), System V ABI for x86-64.
// marks: fork
#include "relatives.h"

CASE {
  uint64_t in[10], out[10], result;
  for (int i = 0; i < 10; i++) in[i] = 0x1111111111111111u * (uint64_t)(i + 1);
  register uint64_t r8 __asm__("r8") = in[0];
  register uint64_t r9 __asm__("r9") = in[1];
  register uint64_t r10 __asm__("r10") = in[2];
  register uint64_t r12 __asm__("r12") = in[3];
  register uint64_t r13 __asm__("r13") = in[4];
  register uint64_t r14 __asm__("r14") = in[5];
  register uint64_t r15 __asm__("r15") = in[6];
  uint64_t rdi = in[7], rsi = in[8], rdx = in[9];
  __asm__ volatile("syscall"
                   : "=a"(result), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r8), "+r"(r9), "+r"(r10), "+r"(r12), "+r"(r13),
                     "+r"(r14), "+r"(r15)
                   : "0"((uint64_t)SYS_fork)
                   : "rcx", "r11", "memory");
  uint64_t after[10] = {r8, r9, r10, r12, r13, r14, r15, rdi, rsi, rdx};
  memcpy(out, after, sizeof out);
  int same = memcmp(in, out, sizeof in) == 0;
  if (result == 0) {
    say("child: %d\n", same);
    _exit(0);
  }
  reap("child", (pid_t)result);
  say("parent: %d\n", same);
}
