// dl_iterate_phdr counts what was loaded and unloaded so far: dl_iterate_phdr(3).
// library: one
// library: two -lone -Wl,-rpath,$ORIGIN
#include "library.h"

#if defined LIBRARY_one
int one = 1;
#elif defined LIBRARY_two
extern int one;
int* two(void) {
  return &one;
}
#else
static unsigned long long adds, subs;

static int visit(struct dl_phdr_info* info, size_t size, void* data) {
  (void)size;
  adds = info->dlpi_adds, subs = info->dlpi_subs;
  ++*(int*)data;
  return 0;
}

static void show(const char* when) {
  static unsigned long long adds_before, subs_before;
  static int count_before;
  int count = 0;
  dl_iterate_phdr(visit, &count);
  say("%s: %+lld added, %+lld gone, %+d listed\n", when, (long long)(adds - adds_before),
      (long long)(subs - subs_before), count - count_before);
  adds_before = adds, subs_before = subs, count_before = count;
}

static int stop(struct dl_phdr_info* info, size_t size, void* data) {
  (void)info, (void)size;
  return ++*(int*)data == 2 ? 77 : 0;
}

CASE {
  show("begin");
  void* two = must_open("libtwo.so", RTLD_NOW);
  show("two");
  void* one = must_open("libone.so", RTLD_NOW);
  show("one");
  dlclose(two);
  show("two closed");
  dlclose(one);
  show("one closed");
  CHECK(dlopen("libnothing.so", RTLD_NOW) == NULL);
  show("failed");
  int calls = 0;
  SHOW(dl_iterate_phdr(stop, &calls));
  SHOW(calls);
}
#endif
