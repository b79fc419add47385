// Generated code with a system call whose memory is unmapped and mapped anew runs the new code: munmap(2).
#include "case.h"

CASE {
  long wrong = 0, pid = getpid(), parent = getppid();
  char* last = NULL;
  int same = 0;
  for (int round = 0; round < 50; round++) {
    unsigned char* memory = mmap(last, KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    NEED(memory != MAP_FAILED);
    same += (char*)memory == last;
    last = (char*)memory;
    unsigned char number = round % 2 ? 39 : 110;
    memcpy(memory + round % 5, (unsigned char[]){0xb8, number, 0, 0, 0, 0x0f, 0x05, 0xc3}, 8);
    NEED(mprotect(memory, KX_PAGE, PROT_READ | PROT_EXEC) == 0);
    long (*function)(void) = (long (*)(void))(uintptr_t)(memory + round % 5);
    for (int i = 0; i < 4; i++) wrong += function() != (number == 39 ? pid : parent);
    NEED(munmap(memory, KX_PAGE) == 0);
  }
  SHOW(wrong);
  SHOW(same);
}
