// The signal frame shows the registers of the interrupted code, and changes to it take effect: sigaction(2).
// variants: static
#include <ucontext.h>

#include "case.h"

static long seen[16];

static void on_illegal(int number, siginfo_t* info, void* context) {
  (void)number, (void)info;
  ucontext_t* user = context;
  greg_t* registers = user->uc_mcontext.gregs;
  static const int order[] = {REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_R8,
                              REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  for (int i = 0; i < 14; i++) {
    seen[i] = registers[order[i]];
    registers[order[i]] += 1000;
  }
  registers[REG_RIP] += 2;  // over the ud2
}

CASE {
  handle_info(SIGILL, on_illegal, 0);
  long out[14];
  __asm__ volatile(
      "push %%rbx\n"
      "mov $100, %%eax\n mov $101, %%ebx\n mov $102, %%ecx\n mov $103, %%edx\n mov $104, %%esi\n mov $106, %%r8d\n"
      "mov $107, %%r9d\n mov $108, %%r10d\n mov $109, %%r11d\n mov $110, %%r12d\n mov $111, %%r13d\n mov $112, "
      "%%r14d\n mov $113, %%r15d\n"
      "ud2\n"
      "sub $1000, %%rdi\n"
      "mov %%rax, (%%rdi)\n mov %%rbx, 8(%%rdi)\n mov %%rcx, 16(%%rdi)\n mov %%rdx, 24(%%rdi)\n mov %%rsi, 32(%%rdi)\n"
      "mov %%r8, 48(%%rdi)\n mov %%r9, 56(%%rdi)\n mov %%r10, 64(%%rdi)\n mov %%r11, 72(%%rdi)\n mov %%r12, 80(%%rdi)\n"
      "mov %%r13, 88(%%rdi)\n mov %%r14, 96(%%rdi)\n mov %%r15, 104(%%rdi)\n"
      "pop %%rbx"
      :
      : "D"(out)
      : "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
  for (int i = 0; i < 14; i++)
    if (i != 5) say("seen %ld, then %ld\n", seen[i], out[i]);
}
