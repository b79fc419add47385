// ud2 and an unknown opcode raise SIGILL with ILL_ILLOPN at the instruction: sigaction(2).
// variants: static,musl
#include "fault.h"

extern char kx_ud2[], kx_ud1[];
__asm__(".text\nkx_ud2: ud2\n ret\nkx_ud1: .byte 0x0f, 0xb9, 0xc0\n ret\n");

CASE {
  FAULT(kx_ud2, ((void (*)(void))(uintptr_t)kx_ud2)());
  FAULT(kx_ud1, ((void (*)(void))(uintptr_t)kx_ud1)());
  FAULT(kx_ud2, ((void (*)(void))(uintptr_t)kx_ud2)());
}
