// A syscall instruction that ends a page, or straddles two, works many times: syscall(2).
#include "case.h"

static long run_at(char* code, long number) {
  long (*function)(long) = (long (*)(long))(uintptr_t)code;
  return function(number);
}

CASE {
  for (int before = 8; before <= 13; before++) {
    char* memory = fresh_pages(3);
    // mov %rdi,%rax; mov $99,%edi; syscall; ret: placed so that the syscall moves over the edge of the page
    static const unsigned char code[] = {0x48, 0x89, 0xf8, 0xbf, 99, 0, 0, 0, 0x0f, 0x05, 0xc3};
    char* start = memory + KX_PAGE - before;
    memcpy(start, code, sizeof code);
    NEED(mprotect(memory, 2 * KX_PAGE, PROT_READ | PROT_EXEC) == 0);
    long wrong = 0;
    for (int i = 0; i < 50; i++) {
      wrong += run_at(start, SYS_getpid) != getpid();
      wrong += run_at(start, SYS_close) != -EBADF;
    }
    say("%d before the edge: %ld wrong, %s\n", before, wrong, memcmp(start, code, 3) == 0 ? "same start" : "CHANGED");
  }
}
