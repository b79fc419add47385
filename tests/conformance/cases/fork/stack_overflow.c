// A child that overflows its stack ends by SIGSEGV; a deep stack is copied: getrlimit(2).
// marks: fork
#include "relatives.h"

static int dig(int depth, int (*then)(void)) {
  volatile char block[4000];
  memset((char*)block, depth, sizeof block);
  int result = depth == 0 ? then() : dig(depth - 1, then);
  for (size_t i = 0; i < sizeof block; i++) result += block[i] != (char)depth;
  return result;
}

static int fork_here(void) {
  pid_t child = must_fork();
  if (child == 0) return 0;
  int status = ended(child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static int overflow(void) {
  return dig(1000000, overflow);
}

CASE {
  pid_t self = getpid();
  int wrong = dig(500, fork_here);
  if (getpid() != self) _exit(wrong ? 1 : 0);
  SHOW(wrong);
  pid_t child;
  START(child) _exit(overflow());
  reap("child", child);
  START(child) _exit(dig(1500, fork_here));
  reap("child that forks deep down", child);
}
