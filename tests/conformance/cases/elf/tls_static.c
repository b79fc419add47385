// Initialised thread-local data of the main thread, aligned more than usual: elf(5), PT_TLS.
// variants: static,static-pie,no-pie,musl
#include "case.h"

static __thread int number = 4711;
static __thread char text[] = "thread-local text";
static __thread long zero[1000];
static __thread char aligned[64] __attribute__((aligned(256))) = "aligned";

CASE {
  SHOW(number);
  say("%s\n", text);
  SHOW(zero[999]);
  say("%s %d\n", aligned, (int)((uintptr_t)aligned % 256));
  number++;
  zero[999] = number;
  SHOW(zero[999]);
}
