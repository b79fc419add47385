// Constructors of a library by priority, destructors in the reverse order: the System V ABI.
// library: ordered
// variants: musl
#include "library.h"

#ifdef LIBRARY_ordered
__attribute__((constructor(300))) static void late(void) {
  say("constructor 300\n");
}
__attribute__((constructor)) static void plain(void) {
  say("plain constructor\n");
}
__attribute__((constructor(150))) static void early(void) {
  say("constructor 150\n");
}
__attribute__((destructor(150))) static void end_last(void) {
  say("destructor 150\n");
}
__attribute__((destructor)) static void end_plain(void) {
  say("plain destructor\n");
}
__attribute__((destructor(300))) static void end_late(void) {
  say("destructor 300\n");
}
#else
CASE {
  void* library = must_open("libordered.so", RTLD_NOW);
  say("opened\n");
  SHOW(dlclose(library));
  say("closed\n");
}
#endif
