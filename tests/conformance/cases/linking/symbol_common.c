// Common symbols are one variable for all, the initialised one's if there is one: -fcommon.
// library: first -fcommon
// library: second -fcommon
// libs: -lfirst -lsecond
// flags: -fcommon -rdynamic
#include "library.h"

int common;
#if defined LIBRARY_first
int defined_in_second;
int first(void) {
  return ++common * 100 + defined_in_second;
}
#elif defined LIBRARY_second
int defined_in_second = 8;
int second(void) {
  return ++common * 100 + defined_in_second;
}
#else
int first(void);
int second(void);

CASE {
  SHOW(first());
  SHOW(second());
  SHOW(common);
}
#endif
