// A hundred and fifty thousand system calls through the C library and the raw instruction, all right: syscall(2).
#include "case.h"

CASE {
  long pid = getpid(), wrong = 0;
  for (int i = 0; i < 50000; i++) {
    wrong += syscall(SYS_getpid) != pid;
    wrong += close(-1) != -1;
    long result = SYS_getpid;
    __asm__ volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
    wrong += result != pid;
  }
  SHOW(wrong);
}
