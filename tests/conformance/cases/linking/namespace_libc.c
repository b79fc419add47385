// A namespace has a C library of its own: its errno, its memory, its environment, its streams: dlmopen(3).
// library: guest
#include "library.h"

#ifdef LIBRARY_guest
int fail(void) {
  close(-1);
  return errno;
}
char* text(void) {
  return strdup("made elsewhere");
}
void drop(char* text) {
  free(text);
}
int set_and_get(void) {
  setenv("KX_GUEST", "1", 1);
  return getenv("KX_GUEST") != NULL;
}
void print(void) {
  printf("by the guest's stdio\n");
  fflush(stdout);
}
#else
CASE {
  void* library = dlmopen(LM_ID_NEWLM, "libguest.so", RTLD_NOW);
  CHECK(library != NULL);
  errno = EDOM;
  say("%s\n", errno_name(FUNCTION(int(void), library, "fail")()));
  say("%s\n", errno_name(errno));
  char* text = FUNCTION(char*(void), library, "text")();
  say("%s\n", text);
  FUNCTION(void(char*), library, "drop")(text);
  SHOW(FUNCTION(int(void), library, "set_and_get")());
  CHECK(getenv("KX_GUEST") == NULL);
  FUNCTION(void(void), library, "print")();
}
#endif
