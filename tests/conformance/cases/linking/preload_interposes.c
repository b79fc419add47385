// LD_PRELOAD puts a library before all others; RTLD_NEXT finds what it hides: ld.so(8).
// library: before
#if defined LIBRARY_before
#include "library.h"

int atoi(const char* text) {
  int (*next)(const char*) = (int (*)(const char*))dlsym(RTLD_NEXT, "atoi");
  return next(text) + 1000;
}
pid_t getppid(void) {
  return 4321;
}
__attribute__((constructor)) static void begin(void) {
  say("constructor of before\n");
}
__attribute__((destructor)) static void end(void) {
  say("destructor of before\n");
}
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

CASE {
  SHOW(atoi("17"));
  setenv("LD_PRELOAD", library_path("before"), 1);
  rerun("again", NULL);
}
AGAIN {
  SHOW(atoi("17"));
  SHOW(getppid());
  void* libc = must_open("libc.so.6", RTLD_NOW);
  CHECK(dlsym(libc, "atoi") != dlsym(RTLD_DEFAULT, "atoi"));
  return 0;
}
#endif
