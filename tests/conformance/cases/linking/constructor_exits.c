// A constructor that ends the program: main is not reached, what was constructed is destructed: exit(3).
// library: first
// library: quits -lfirst -Wl,-rpath,$ORIGIN
// libs: -lquits
#include "library.h"

#if defined LIBRARY_first
__attribute__((constructor)) static void begin(void) {
  say("constructor of first\n");
}
__attribute__((destructor)) static void end(void) {
  say("destructor of first\n");
}
#elif defined LIBRARY_quits
__attribute__((constructor)) static void begin(void) {
  say("constructor of quits\n");
  exit(23);
}
__attribute__((destructor)) static void end(void) {
  say("destructor of quits\n");
}
#else
CASE {
  say("not reached\n");
}
#endif
