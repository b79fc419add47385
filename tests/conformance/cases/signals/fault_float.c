// Unmasked floating-point exceptions raise SIGFPE with the kind: feenableexcept(3), sigaction(2).
// libs: -lm
#include <fenv.h>

#include "fault.h"

static volatile double one = 1, zero, big = 1e308, result;

CASE {
  result = one / zero;
  SHOW(fetestexcept(FE_ALL_EXCEPT) & FE_DIVBYZERO);
  feclearexcept(FE_ALL_EXCEPT);
  fault_prepare();
  feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW);
  if (sigsetjmp(fault_escape, 1) == 0)
    result = one / zero;
  else
    say("%s %s\n", signal_name(fault_signal), fault_code_name(fault_signal, fault_code));
  feclearexcept(FE_ALL_EXCEPT);
  feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW);
  if (sigsetjmp(fault_escape, 1) == 0)
    result = zero / zero;
  else
    say("%s %s\n", signal_name(fault_signal), fault_code_name(fault_signal, fault_code));
  feclearexcept(FE_ALL_EXCEPT);
  feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW);
  if (sigsetjmp(fault_escape, 1) == 0)
    result = big * big;
  else
    say("%s code %d\n", signal_name(fault_signal), fault_code == FPE_FLTOVF);
  feclearexcept(FE_ALL_EXCEPT);
  fedisableexcept(FE_ALL_EXCEPT);
  result = one / zero;
  CHECK(result > 1e300);
}
