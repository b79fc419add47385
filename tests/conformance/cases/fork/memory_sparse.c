// A huge mapping of which little is touched does not hinder fork, and untouched pages are zero in both: mmap(2).
// marks: fork
#include "relatives.h"

CASE {
  const size_t size = 8ul << 30;
  char* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  NEED(memory != MAP_FAILED);
  for (size_t i = 0; i < size; i += size / 64) memory[i] = 'a';
  pid_t child;
  START(child) {
    int right = 0, zero = 0;
    for (size_t i = 0; i < size; i += size / 64) {
      right += memory[i] == 'a';
      zero += memory[i + KX_PAGE] == 0;
      memory[i + KX_PAGE] = 'c';
    }
    say("child: %d %d\n", right, zero);
  }
  reap("child", child);
  int zero = 0;
  for (size_t i = 0; i < size; i += size / 64) zero += memory[i + KX_PAGE] == 0;
  SHOW(zero);
}
