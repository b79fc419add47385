// A preloaded allocator serves the program, the C library and the dynamic linker: malloc(3).
// library: allocator
#if defined LIBRARY_allocator
#include <stddef.h>
#include <string.h>

static char arena[8 << 20] __attribute__((aligned(16)));
static size_t used;
long allocations;
void* malloc(size_t size) {
  size_t* block = (size_t*)(arena + used);
  used += (size + 31) / 16 * 16;
  if (used > sizeof arena) __builtin_trap();
  allocations++;
  block[1] = size;
  return block + 2;
}
void free(void* block) {
  (void)block;
}
void* calloc(size_t count, size_t size) {
  return memset(malloc(count * size), 0, count * size);
}
void* realloc(void* block, size_t size) {
  void* moved = malloc(size);
  if (block) {
    size_t old = ((size_t*)block)[-1];
    memcpy(moved, block, old < size ? old : size);
  }
  return moved;
}
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

CASE {
  setenv("LD_PRELOAD", library_path("allocator"), 1);
  rerun("again", NULL);
}
AGAIN {
  volatile long* allocations = (volatile long*)must_find(RTLD_DEFAULT, "allocations");
  long before = *allocations;
  char* text = strdup("by the program");
  CHECK(*allocations > before);
  before = *allocations;
  void* library = must_open("libm.so.6", RTLD_NOW);
  CHECK(*allocations > before);
  Dl_info info;
  CHECK(dladdr((void*)malloc, &info) && strstr(info.dli_fname, "liballocator.so"));
  say("%s\n", text);
  SHOW(dlclose(library));
  return 0;
}
#endif
