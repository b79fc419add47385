// System calls leave x87, SSE and AVX registers alone: the System V ABI as Linux keeps it.
#include <time.h>

#include "case.h"

CASE {
  int fd = file_with("file", "0123456789");
  uint64_t pattern[2] = {0x1122334455667788, 0x99aabbccddeeff00}, first[2], last[2];
  long wrong = 0;
  static char buffer[5000];
  for (int i = 0; i < 200; i++) {
    static const long numbers[] = {SYS_getpid, SYS_read, SYS_pread64, SYS_write};
    long result = numbers[i % 4];
    __asm__ volatile(
        "movdqu %[in], %%xmm0\n movdqu %[in], %%xmm7\n movdqu %[in], %%xmm15\n fldpi\n"
        "syscall\n"
        "movdqu %%xmm0, %[first]\n movdqu %%xmm15, %[last]\n fldpi\n fcompp\n fnstsw %%ax\n"
        : [first] "=m"(first), [last] "=m"(last), "+a"(result)
        : [in] "m"(pattern), "D"(fd), "S"(buffer), "d"(5000)
        : "rcx", "r11", "memory", "xmm0", "xmm7", "xmm15", "cc");
    wrong += memcmp(first, pattern, 16) != 0 || memcmp(last, pattern, 16) != 0 || !(result & 0x4000);
  }
  SHOW(wrong);
  struct timespec now;
  SHOW(clock_gettime(CLOCK_MONOTONIC, &now));
}
