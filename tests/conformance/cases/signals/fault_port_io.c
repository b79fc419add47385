// Port input and output, cli and sti raise SIGSEGV with SI_KERNEL: ioperm(2), sigaction(2).
#include "fault.h"

CASE {
  FAULT(NULL, __asm__ volatile("cli"));
  FAULT(NULL, __asm__ volatile("outb %%al, $0x80" ::: "rax"));
  FAULT(NULL, __asm__ volatile("inb $0x80, %%al" ::: "rax"));
  FAULT(NULL, __asm__ volatile("sti"));
  FAULT(NULL, __asm__ volatile("outl %%eax, %%dx" ::"a"(0), "d"(0xf4)));
}
