// Rounding mode, masks and the x87 stack are the child's too: fenv(3).
// marks: fork
// libs: -lm
#include <fenv.h>

#include "relatives.h"

static void show(const char* who) {
  volatile double one = 1, three = 3;
  volatile long double quotient = (long double)one / three;
  uint16_t control;
  uint32_t mxcsr;
  __asm__ volatile("fnstcw %0; stmxcsr %1" : "=m"(control), "=m"(mxcsr));
  say("%s: mode %x, control %x, mxcsr %x, %.20f %.25Lf\n", who, (unsigned)fegetround(), control, mxcsr & ~0x3fu,
      one / three, quotient);
}

CASE {
  pid_t child;
  NEED(fesetround(FE_UPWARD) == 0);
  START(child) {
    show("child");
    NEED(fesetround(FE_TOWARDZERO) == 0);
    show("child");
  }
  reap("child", child);
  show("parent");
  long double pi = 3.14159265358979323846L, sum;
  long result = SYS_fork;
  __asm__ volatile("fldt %2; fld1; syscall; faddp; fstpt %1"
                   : "+a"(result), "=m"(sum)
                   : "m"(pi)
                   : "rcx", "r11", "memory");
  if (result == 0) {
    say("child: x87 stack %d\n", sum == pi + 1);
    _exit(0);
  }
  reap("child", (pid_t)result);
  say("parent: x87 stack %d\n", sum == pi + 1);
}
