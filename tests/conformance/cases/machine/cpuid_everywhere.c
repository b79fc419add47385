// CPUID gives the same answer whatever code it stands in, and changes nothing but its four registers: cpuid(4).
// variants: static
#include "case.h"

struct answer {
  unsigned long rax, rbx, rcx, rdx, flags;
};

// The three forms differ in what stands before the instruction. 0xf: the upper halves must be cleared.
void kx_cpuid_moves(unsigned leaf, unsigned subleaf, struct answer* to);
void kx_cpuid_alone(unsigned leaf, unsigned subleaf, struct answer* to);
void kx_cpuid_store(unsigned leaf, unsigned subleaf, struct answer* to);
void kx_cpuid_constant(unsigned leaf, unsigned subleaf, struct answer* to);
#define KX_FORM(name, before)                                                                                  \
  __asm__(".text\n" name                                                                                       \
          ":\n push %rbx\n push %r12\n mov %edi, %r12d\n mov %rdx, %r8\n mov $-1, %rax\n mov $-1, %rbx\n"      \
          " mov $-1, %rcx\n mov $-1, %rdx\n mov %r8, -16(%rsp)\n mov %rsi, -128(%rsp)\n stc\n" before          \
          " cpuid\n mov %rax, (%r8)\n mov %rbx, 8(%r8)\n mov %rcx, 16(%r8)\n mov %rdx, 24(%r8)\n"              \
          " mov -16(%rsp), %rcx\n cmp %rcx, %r8\n jne 1f\n cmp %rsi, -128(%rsp)\n jne 1f\n movq $7, 32(%r8)\n" \
          "1: pop %r12\n pop %rbx\n ret\n")
KX_FORM("kx_cpuid_moves", "mov %r12d, %eax\n mov %esi, %ecx\n");
KX_FORM("kx_cpuid_alone", "mov %r12d, %eax\n mov %esi, %ecx\n nop\n nop\n");
KX_FORM("kx_cpuid_store", "mov %r12d, %eax\n mov %esi, %ecx\n movb $0, -60(%rsp)\n");
KX_FORM("kx_cpuid_constant", "mov $0x7, %eax\n mov %esi, %ecx\n");

// Some answers name the processor the code ran on.
static void forget_processor(unsigned leaf, struct answer* of) {
  if (leaf == 1) of->rbx &= 0xffffff;
  if (leaf == 0xb || leaf == 0x1f || leaf == 0x80000026) of->rdx = 0;
  if (leaf == 0x8000001e) of->rax = of->rbx = of->rcx = 0;
}

static int differ(unsigned leaf, struct answer* one, struct answer* other) {
  forget_processor(leaf, one);
  forget_processor(leaf, other);
  return memcmp(one, other, sizeof *one) != 0;
}

static int compare(unsigned leaf, unsigned subleaf) {
  struct answer alone, other;
  memset(&alone, 0, sizeof alone);
  memset(&other, 0, sizeof other);
  kx_cpuid_alone(leaf, subleaf, &alone);
  kx_cpuid_moves(leaf, subleaf, &other);
  int wrong = differ(leaf, &alone, &other);
  memset(&other, 0, sizeof other);
  kx_cpuid_store(leaf, subleaf, &other);
  wrong += differ(leaf, &alone, &other);
  if (leaf == 7) {
    memset(&other, 0, sizeof other);
    kx_cpuid_constant(leaf, subleaf, &other);
    wrong += differ(leaf, &alone, &other);
  }
  if (wrong) say("leaf %x subleaf %x differs\n", leaf, subleaf);
  return wrong + (alone.flags != 7);
}

CASE {
  static const unsigned bases[] = {0, 0x20000000, 0x40000000, 0x80000000, 0x8ffffff0, 0xc0000000, 0xfffffff0};
  int wrong = 0;
  for (unsigned b = 0; b < sizeof bases / sizeof *bases; b++)
    for (unsigned leaf = bases[b]; leaf < bases[b] + (bases[b] % 0x80000000 ? 2 : 0x28) && leaf >= bases[b]; leaf++)
      for (unsigned subleaf = 0; subleaf < (leaf == 0xd || leaf == 7 ? 70 : 3); subleaf++)
        wrong += compare(leaf, subleaf);
  SHOW(wrong);
}
