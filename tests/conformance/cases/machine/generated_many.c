// Many generated functions with system calls, written, run, overwritten: patching keeps no stale place: mmap(2).
#include "case.h"

CASE {
  enum { SLOTS = 64, SIZE = 32 };
  unsigned char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  long wrong = 0, pid = getpid();
  for (int round = 0; round < 20; round++)
    for (int slot = 0; slot < SLOTS; slot++) {
      unsigned char* place = memory + slot * SIZE;
      long (*function)(void) = (long (*)(void))(uintptr_t)place;
      unsigned char call[] = {0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3};                       // getpid
      unsigned char constant[] = {0xb8, (unsigned char)slot, 0, 0, 0, 0x90, 0x90, 0xc3};  // the slot's number
      int is_call = (round + slot) % 3 != 0;
      memset(place, 0xcc, SIZE);
      memcpy(place + 0, is_call ? call : constant, 8);
      for (int i = 0; i < 5; i++) wrong += function() != (is_call ? pid : slot);
    }
  SHOW(wrong);
}
