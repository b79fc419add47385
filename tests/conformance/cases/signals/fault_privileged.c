// Privileged instructions and non-canonical addresses raise SIGSEGV with SI_KERNEL and no address: sigaction(2).
#include "fault.h"

CASE {
  FAULT(NULL, __asm__ volatile("hlt"));
  FAULT(NULL, __asm__ volatile("mov %%cr0, %%rax" ::: "rax"));
  FAULT(NULL, __asm__ volatile("mov %%rax, %%cr3" ::: "rax"));
  FAULT(NULL, __asm__ volatile("invlpg (%%rax)" ::: "rax"));
  FAULT(NULL, __asm__ volatile("wbinvd"));
  FAULT(NULL, __asm__ volatile("rdmsr" ::: "rax", "rdx"));
  FAULT(NULL, __asm__ volatile("lgdt (%rsp)"));
  FAULT(NULL, __asm__ volatile("int $0x81"));
  FAULT(NULL, peek((char*)0x8000000000000000));
  FAULT(NULL, poke((char*)0x123456789abcdef0, 1));
  FAULT((char*)0xffffffff80000000, peek((char*)0xffffffff80000000));
}
