// RTLD_NEXT finds the definition after the caller's, RTLD_DEFAULT the first: dlsym(3).
// library: front -Wl,-z,lazy
// library: back
// libs: -lfront -lback
// flags: -rdynamic
#include "library.h"

#if defined LIBRARY_front
const char* whose(void) {
  const char* (*next)(void) = (const char* (*)(void))dlsym(RTLD_NEXT, "whose");
  say("front, before %s\n", next());
  return "front";
}
int in_front(void) {
  return dlsym(RTLD_NEXT, "in_front") == NULL;
}
#elif defined LIBRARY_back
const char* whose(void) {
  CHECK(dlsym(RTLD_NEXT, "whose") == NULL);
  return "back";
}
#else
const char* whose(void);
int in_front(void);

CASE {
  say("%s\n", whose());
  SHOW(in_front());
  void* first = dlsym(RTLD_DEFAULT, "whose");
  CHECK(first == (void*)whose);
  CHECK(dlsym(RTLD_NEXT, "whose") == first);
  CHECK(dlsym(RTLD_DEFAULT, "case_body") == NULL);
  CHECK(dlsym(RTLD_NEXT, "main") == NULL);
}
#endif
