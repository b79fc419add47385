// Functions a library registers with atexit are called as it is closed, or at the end: atexit(3).
// library: leaver
#include "library.h"

#ifdef LIBRARY_leaver
static void bye(void) {
  say("bye\n");
}
static void see_you(void) {
  say("see you\n");
}
void enter(void) {
  NEED(atexit(bye) == 0 && atexit(see_you) == 0);
}
__attribute__((destructor)) static void end(void) {
  say("destructor\n");
}
#else
static void program_ends(void) {
  say("program ends\n");
}

CASE {
  NEED(atexit(program_ends) == 0);
  void* library = must_open("libleaver.so", RTLD_NOW);
  FUNCTION(void(void), library, "enter")();
  SHOW(dlclose(library));
  library = must_open("libleaver.so", RTLD_NOW);
  FUNCTION(void(void), library, "enter")();
  say("main ends\n");
}
#endif
