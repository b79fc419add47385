// Runs a statement that may fault, and prints which signal it raised, with its code and whether the address is the
// expected one.
#ifndef KX_FAULT_H
#define KX_FAULT_H

#include <setjmp.h>

#include "case.h"

static sigjmp_buf fault_escape;
static volatile int fault_signal, fault_code;
static void* volatile fault_address;

static void fault_handler(int number, siginfo_t* info, void* context) {
  (void)context;
  fault_signal = number;
  fault_code = info->si_code;
  fault_address = info->si_addr;
  siglongjmp(fault_escape, 1);
}

static const char* fault_code_name(int number, int code) {
  switch (number) {
    case SIGSEGV:
      return code == SEGV_MAPERR   ? "SEGV_MAPERR"
             : code == SEGV_ACCERR ? "SEGV_ACCERR"
             : code == SI_KERNEL   ? "SI_KERNEL"
                                   : "other code";
    case SIGBUS:
      return code == BUS_ADRERR ? "BUS_ADRERR" : code == BUS_ADRALN ? "BUS_ADRALN" : "other code";
    case SIGFPE:
      return code == FPE_INTDIV   ? "FPE_INTDIV"
             : code == FPE_FLTDIV ? "FPE_FLTDIV"
             : code == FPE_FLTINV ? "FPE_FLTINV"
                                  : "other code";
    case SIGILL:
      return code == ILL_ILLOPN ? "ILL_ILLOPN" : code == ILL_ILLOPC ? "ILL_ILLOPC" : "other code";
    case SIGTRAP:
      return code == SI_KERNEL    ? "SI_KERNEL"
             : code == TRAP_BRKPT ? "TRAP_BRKPT"
             : code == TRAP_TRACE ? "TRAP_TRACE"
                                  : "other code";
    default:
      return "other code";
  }
}

static inline void fault_prepare(void) {
  static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
  for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) handle_info(numbers[i], fault_handler, 0);
}

#define FAULT(expected, statement)                                                                                     \
  do {                                                                                                                 \
    fault_prepare();                                                                                                   \
    if (sigsetjmp(fault_escape, 1) == 0) {                                                                             \
      statement;                                                                                                       \
      say("%s: no fault\n", #statement);                                                                               \
    } else {                                                                                                           \
      say("%s: %s %s, address %s\n", #statement, signal_name(fault_signal), fault_code_name(fault_signal, fault_code), \
          fault_address == (void*)(expected) ? "as expected" : "ELSEWHERE");                                           \
    }                                                                                                                  \
  } while (0)

// Accesses that the compiler leaves alone.
static inline char peek(const void* address) {
  return *(const volatile char*)address;
}
static inline void poke(void* address, char value) {
  *(volatile char*)address = value;
}

#endif
