// A handler leaves the 128 bytes below the stack pointer alone: the red zone of the System V ABI.
// flags: -mno-sse
#include <sys/time.h>

#include "case.h"

static volatile int rings;

static void on_alarm(int number) {
  (void)number;
  char waste[2000];
  memset(waste, 0xff, sizeof waste);
  __asm__ volatile("" ::"r"(waste) : "memory");
  rings++;
}

CASE {
  handle(SIGALRM, on_alarm, 0);
  struct itimerval timer = {.it_interval = {0, 2000}, .it_value = {0, 2000}}, stop = {0};
  NEED(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  long wrong = 0;
  while (rings < 20)
    __asm__ volatile(
        "mov $0x1234, %%rax\n mov %%rax, -8(%%rsp)\n mov %%rax, -64(%%rsp)\n mov %%rax, -128(%%rsp)\n"
        "mov $20000, %%ecx\n1: dec %%ecx\n jnz 1b\n"
        "xor %%edx, %%edx\n cmp %%rax, -8(%%rsp)\n setne %%dl\n add %%rdx, %0\n cmp %%rax, -64(%%rsp)\n setne %%dl\n "
        "add %%rdx, %0\n"
        "cmp %%rax, -128(%%rsp)\n setne %%dl\n add %%rdx, %0"
        : "+r"(wrong)
        :
        : "rax", "rcx", "rdx", "memory", "cc");
  NEED(setitimer(ITIMER_REAL, &stop, NULL) == 0);
  SHOW(wrong);
}
