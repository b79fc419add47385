// Writing code through a writable mapping and running it through an executable one of the same memfd: memfd_create(2).
#include "fault.h"

CASE {
  int fd = memfd_create("code", 0);
  NEED(fd >= 0 && ftruncate(fd, KX_PAGE) == 0);
  unsigned char* writable = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  unsigned char* executable = mmap(NULL, KX_PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
  NEED(writable != MAP_FAILED && executable != MAP_FAILED);
  int (*function)(void) = (int (*)(void))(uintptr_t)executable;
  for (unsigned char value = 1; value <= 5; value++) {
    unsigned char code[] = {0xb8, value, 0, 0, 0, 0xc3};  // mov $value,%eax; ret
    memcpy(writable, code, sizeof code);
    SHOW(function());
  }
  FAULT(executable, poke(executable, 0x90));
  FAULT(writable, ((int (*)(void))(uintptr_t)writable)());
}
