// Generated code with int3 and ud2 traps at exact addresses: sigaction(2).
#include "fault.h"

CASE {
  unsigned char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  memory[0] = 0x90;
  memory[1] = 0x0f;  // ud2
  memory[2] = 0x0b;
  memory[3] = 0xcc;  // int3
  memory[4] = 0xc3;
  FAULT(memory + 1, ((void (*)(void))(uintptr_t)memory)());
  FAULT(NULL, ((void (*)(void))(uintptr_t)(memory + 3))());
  FAULT(NULL, ((void (*)(void))(uintptr_t)(memory + 4))());
}
