// Unaligned loads and stores over page edges, also into pages never touched: the processor manuals.
#include "fault.h"

CASE {
  char* memory = fresh_pages(6);
  NEED(munmap(memory + 5 * KX_PAGE, KX_PAGE) == 0);
  for (int i = 1; i < 5; i++) {
    uint64_t value = 0x0102030405060708ull * (unsigned)i;
    memcpy(memory + i * KX_PAGE - 3, &value, 8);
  }
  for (int i = 1; i < 5; i++) {
    uint64_t value;
    memcpy(&value, memory + i * KX_PAGE - 3, 8);
    say("%lx\n", (unsigned long)value);
  }
  char* edge = memory + 5 * KX_PAGE;
  FAULT(edge, *(volatile uint64_t*)(edge - 4) = 0x1122334455667788);
  SHOW(peek(edge - 4));
}
