// A function has one address for all, stub or not: in the program, in libraries, by dlsym: the System V ABI.
// library: taker
// libs: -ltaker
// flags: -fno-pie -no-pie
#include "library.h"

#ifdef LIBRARY_taker
int function(int value) {
  return value + 1;
}
int (*function_inside(void))(int) {
  return function;
}
int (*function_in_data)(int) = function;
#else
int function(int value);
int (*function_inside(void))(int);
extern int (*function_in_data)(int);

CASE {
  CHECK(function == function_inside());
  CHECK(function == function_in_data);
  CHECK((void*)function == dlsym(RTLD_DEFAULT, "function"));
  SHOW(function(1));
  SHOW(function_inside()(2));
  CHECK((void*)printf == dlsym(RTLD_DEFAULT, "printf"));
}
#endif
