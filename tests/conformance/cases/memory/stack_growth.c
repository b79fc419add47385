// The stack grows by itself over megabytes: setrlimit(2), RLIMIT_STACK.
// variants: static,musl
#include "case.h"

__attribute__((noinline)) static long descend(int depth) {
  volatile char block[8000];
  memset((char*)block, depth, sizeof block);
  long below = depth ? descend(depth - 1) : 0;
  return below + block[depth % 8000];
}

CASE {
  SHOW(descend(50));
  SHOW(descend(800));
  SHOW(descend(10));
}
