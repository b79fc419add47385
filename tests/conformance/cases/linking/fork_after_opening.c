// A child has what was opened before, opens more and closes for itself: fork(2).
// library: before
// library: after
// marks: fork
#include "library.h"
#include "relatives.h"

#if defined LIBRARY_before || defined LIBRARY_after
int value = 1;
int next(void) {
  return ++value;
}
__attribute__((destructor)) static void end(void) {
  say("destructor, value %d\n", value);
}
#else
CASE {
  void* before = must_open("libbefore.so", RTLD_NOW);
  int (*next)(void) = FUNCTION(int(void), before, "next");
  next();
  pid_t child;
  START(child) {
    SHOW(next());
    void* after = must_open("libafter.so", RTLD_NOW);
    SHOW(FUNCTION(int(void), after, "next")());
    SHOW(dlclose(before));
    CHECK(!is_mapped("/libbefore.so") && is_mapped("/libafter.so"));
    exit(0);
  }
  reap("child", child);
  CHECK(is_mapped("/libbefore.so") && !is_mapped("/libafter.so"));
  SHOW(next());
  SHOW(dlclose(before));
}
#endif
