// A filter's functions are another library's, an auxiliary filter's are its own where that is missing: ld(1).
// library: real
// library: filter -Wl,-F,libreal.so,-rpath,$ORIGIN
// library: helped -Wl,-f,libreal.so,-rpath,$ORIGIN
// library: alone -Wl,-f,libnothing.so
#include "library.h"

#if defined LIBRARY_real
int work(void) {
  return 1;
}
#elif defined LIBRARY_filter || defined LIBRARY_helped || defined LIBRARY_alone
int work(void) {
  return -2;
}
#else
CASE {
  SHOW(FUNCTION(int(void), must_open("libfilter.so", RTLD_NOW), "work")());
  SHOW(FUNCTION(int(void), must_open("libhelped.so", RTLD_NOW), "work")());
  SHOW(FUNCTION(int(void), must_open("libalone.so", RTLD_NOW), "work")());
}
#endif
