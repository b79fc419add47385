// After dlclose the library's memory is no more: dlclose(3).
// library: leaves
#include "fault.h"
#include "library.h"

#ifdef LIBRARY_leaves
int value = 1;
char zeros[100000];
int function(void) {
  return value;
}
#else
CASE {
  void* library = must_open("libleaves.so", RTLD_NOW);
  char *value = (char*)must_find(library, "value"), *zeros = (char*)must_find(library, "zeros");
  char* function = (char*)must_find(library, "function");
  SHOW(FUNCTION(int(void), library, "function")());
  SHOW(dlclose(library));
  FAULT(value, peek(value));
  FAULT(zeros + 90000, peek(zeros + 90000));
  FAULT(function, peek(function));
  FAULT(function, ((int (*)(void))function)());
}
#endif
