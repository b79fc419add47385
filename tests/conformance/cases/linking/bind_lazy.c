// A function bound at its first call is found in what was opened since: RTLD_LAZY, dlopen(3).
// library: asks -Wl,-z,lazy
// library: answers
#include "library.h"

#if defined LIBRARY_asks
int answer(int value);
int ask(int value) {
  return answer(value);
}
#elif defined LIBRARY_answers
int answer(int value) {
  return value * 7;
}
#else
CASE {
  void* asks = must_open("libasks.so", RTLD_LAZY);
  void* answers = must_open("libanswers.so", RTLD_NOW | RTLD_GLOBAL);
  SHOW(FUNCTION(int(int), asks, "ask")(6));
  SHOW(FUNCTION(int(int), asks, "ask")(7));
  // Binding made the one depend on the other.
  SHOW(dlclose(answers));
  SHOW(FUNCTION(int(int), asks, "ask")(8));
  SHOW(dlclose(asks));
  CHECK(!is_mapped("/libanswers.so"));
}
#endif
