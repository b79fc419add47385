// System calls in a library's own text, in all ways of writing them, opened and closed many times: syscall(2).
// library: caller
// variants: musl
#include "library.h"

#ifdef LIBRARY_caller
__asm__(
    ".text\n.globl direct, split, masked\n"
    ".type direct, @function\n.type split, @function\n.type masked, @function\n"
    "direct: mov $39, %eax\n syscall\n ret\n"
    "split: mov $39, %eax\n xor %edx, %edx\n syscall\n ret\n"
    "masked: xor %eax, %eax\n mov $39, %al\n syscall\n ret\n");
int direct(void), split(void), masked(void);
int all(int pid) {
  return (direct() == pid) + (split() == pid) + (masked() == pid);
}
#else
CASE {
  int sum = 0;
  for (int i = 0; i < 30; i++) {
    void* library = must_open("libcaller.so", RTLD_NOW);
    int (*all)(int) = FUNCTION(int(int), library, "all");
    for (int j = 0; j < 5; j++) sum += all(getpid());
    NEED(dlclose(library) == 0);
  }
  SHOW(sum);
}
#endif
