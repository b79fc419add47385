// A child of vfork works in its parent's memory: vfork(2).
// marks: fork, lane
#include "relatives.h"

static volatile int value = 1;

CASE {
  char* heap = malloc(100);
  strcpy(heap, "parent");
  volatile int local = 1;
  pid_t child = vfork();
  if (child == 0) {
    value = 2;
    local = 3;
    memcpy(heap, "child", 6);
    _exit(4);
  }
  reap("child", child);
  say("%d %d %s\n", value, local, heap);
}
