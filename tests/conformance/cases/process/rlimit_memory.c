// RLIMIT_AS limits mappings, RLIMIT_DATA the heap: getrlimit(2).
#include <sys/resource.h>

#include "case.h"

CASE {
  SHOW(setrlimit(RLIMIT_AS, &(struct rlimit){(rlim_t)1 << 30, RLIM_INFINITY}));
  void* memory = mmap(NULL, (size_t)2 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  say("2 GiB: %s\n", memory == MAP_FAILED ? errno_name(errno) : "mapped");
  memory = mmap(NULL, (size_t)1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  say("1 MiB: %s\n", memory == MAP_FAILED ? errno_name(errno) : "mapped");
  STATUS(malloc((size_t)2 << 30) ? 0 : -1);
  SHOW(setrlimit(RLIMIT_AS, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}));
  memory = mmap(NULL, (size_t)2 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  say("2 GiB: %s\n", memory == MAP_FAILED ? errno_name(errno) : "mapped");
}
