// Variables of templates are one for the process, even between local libraries, and keep theirs loaded: STB_GNU_UNIQUE.
// library: one
// library: two
#include "library.h"

#if defined LIBRARY_one || defined LIBRARY_two
template <typename Type>
struct Counter {
  static int value;
};
template <typename Type>
int Counter<Type>::value = 10;
extern "C" int next() {
  return ++Counter<int>::value;
}
extern "C" int* where() {
  return &Counter<int>::value;
}
#else
CASE {
  void *one = must_open("libone.so", RTLD_NOW | RTLD_LOCAL), *two = must_open("libtwo.so", RTLD_NOW | RTLD_LOCAL);
  SHOW(FUNCTION(int(), one, "next")());
  SHOW(FUNCTION(int(), two, "next")());
  CHECK(FUNCTION(int*(), one, "where")() == FUNCTION(int*(), two, "where")());
  SHOW(dlclose(one));
  CHECK(is_mapped("/libone.so"));
  SHOW(FUNCTION(int(), two, "next")());
}
#endif
