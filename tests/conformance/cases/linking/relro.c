// What was relocated is read-only afterwards, with the offset table if bound at once: ld(1), -z relro.
// library: full -Wl,-z,relro,-z,now
// library: none -Wl,-z,norelro,-z,now
#include "fault.h"
#include "library.h"

#if defined LIBRARY_full || defined LIBRARY_none
int value = 1;
int* const pointer = &value;
int* const* where(void) {
  return &pointer;
}
int get(void) {
  return *pointer;
}
#else
CASE {
  int** full = (int**)(uintptr_t)FUNCTION(int* const*(void), must_open("libfull.so", RTLD_NOW), "where")();
  FAULT(full, *(int* volatile*)full = NULL);
  int** none = (int**)(uintptr_t)FUNCTION(int* const*(void), must_open("libnone.so", RTLD_NOW), "where")();
  FAULT(none, *(int* volatile*)none = *none);
  SHOW(FUNCTION(int(void), must_open("libfull.so", RTLD_NOW), "get")());
  // Text and constants of any library are not to be written.
  char* text = (char*)must_find(RTLD_DEFAULT, "atoi");
  FAULT(text, poke(text, 0));
}
#endif
