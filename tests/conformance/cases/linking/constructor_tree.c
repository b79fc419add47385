// Constructors follow the tree of dependencies, each once: a diamond, needed and opened: dlopen(3), ld.so(8).
// library: bottom
// library: left -lbottom -Wl,-rpath,$ORIGIN
// library: right -lbottom -Wl,-rpath,$ORIGIN
// library: top -lleft -lright -Wl,-rpath,$ORIGIN
// library: root -lbottom -Wl,-rpath,$ORIGIN
// libs: -lroot
#include "library.h"

#if defined LIBRARY_bottom
#define NAME "bottom"
#elif defined LIBRARY_left
#define NAME "left"
#elif defined LIBRARY_right
#define NAME "right"
#elif defined LIBRARY_top
#define NAME "top"
#elif defined LIBRARY_root
#define NAME "root"
#else
#define NAME "program"
CASE {
  say("main\n");
  void* top = must_open("libtop.so", RTLD_NOW);
  SHOW(dlclose(top));
  top = must_open(library_path("top"), RTLD_NOW);
  say("main ends\n");
}
#endif
__attribute__((constructor)) static void begin(void) {
  say("constructor of " NAME "\n");
}
__attribute__((destructor)) static void end(void) {
  say("destructor of " NAME "\n");
}
