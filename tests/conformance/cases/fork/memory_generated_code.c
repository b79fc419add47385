// Code made before fork runs in both; the child changes its copy alone: fork(2).
// marks: fork
#include "relatives.h"

CASE {
  unsigned char code[] = {0xb8, 11, 0, 0, 0, 0xc3};  // mov $11, %eax; ret
  unsigned char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  memcpy(memory, code, sizeof code);
  int (*function)(void) = (int (*)(void))memory;
  SHOW(function());
  pid_t child;
  START(child) {
    say("child: %d", function());
    memory[1] = 22;
    say(" %d\n", function());
  }
  reap("child", child);
  SHOW(function());
  memory[1] = 33;
  START(child) say("second child: %d\n", function());
  reap("second child", child);
  NEED(mprotect(memory, KX_PAGE, PROT_READ) == 0);
  START(child) function();
  reap("child that runs what is not executable", child);
}
