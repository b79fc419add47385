// At the entry the stack is aligned and holds argc, argv, the environment and the vector in order: the System V ABI.
// flags: -static -nostdlib -ffreestanding -fno-stack-protector
// args: one two
#include <stdint.h>

static long call(long number, long first, long second, long third) {
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(first), "S"(second), "d"(third)
                   : "rcx", "r11", "memory");
  return result;
}

static void print(const char* text) {
  long size = 0;
  while (text[size]) size++;
  call(1, 1, (long)text, size);
}

__attribute__((used)) void kx_start(uintptr_t* stack, uintptr_t rdx, uintptr_t flags) {
  print((uintptr_t)stack % 16 == 0 ? "aligned\n" : "NOT ALIGNED\n");
  long argc = (long)stack[0];
  print(argc == 4 ? "argc 4\n" : "WRONG argc\n");
  char** argv = (char**)(stack + 1);
  print(argv[2]);
  print(" ");
  print(argv[3]);
  print(argv[4] == 0 ? ", null\n" : ", NO NULL\n");
  char** environment = argv + argc + 1;
  while (*environment) environment++;
  uintptr_t* vector = (uintptr_t*)(environment + 1);
  int entries = 0, inside = 1;
  for (; vector[0]; vector += 2) entries++;
  print(entries > 10 && entries < 40 ? "vector ends\n" : "WRONG VECTOR\n");
  for (int i = 0; i < argc; i++) inside &= (uintptr_t)argv[i] > (uintptr_t)vector && argv[i][-1] == 0;
  print(inside ? "strings are above the vector\n" : "STRINGS ELSEWHERE\n");
  print(rdx == 0 ? "rdx 0\n" : "RDX NOT 0\n");
  print((flags & 0x400) == 0 ? "direction flag clear\n" : "DIRECTION FLAG SET\n");
  call(231, 9, 0, 0);
}

__asm__(
    ".globl _start\n_start:\n mov %rsp, %rdi\n mov %rdx, %rsi\n pushf\n pop %rdx\n and $-16, %rsp\n call kx_start\n "
    "hlt\n");
