// DT_INIT before DT_INIT_ARRAY, both with the arguments of main; DT_FINI after DT_FINI_ARRAY: the System V ABI.
// library: kinds -Wl,-init,old_begin,-fini,old_end
#include "library.h"

#ifdef LIBRARY_kinds
extern char** environ;
void old_begin(int argc, char** argv, char** environment) {
  say("DT_INIT %d %d %d\n", argc, argv[argc] == NULL, environment == environ);
}
static void begin(int argc, char** argv, char** environment) {
  say("DT_INIT_ARRAY %d %d %d\n", argc, argv[argc] == NULL, environment == environ);
}
static void begin_too(int argc, char** argv, char** environment) {
  (void)argv, (void)environment;
  say("DT_INIT_ARRAY second %d\n", argc);
}
__attribute__((section(".init_array"), used)) static void (*const first)(int, char**, char**) = begin;
__attribute__((section(".init_array"), used)) static void (*const second)(int, char**, char**) = begin_too;
__attribute__((destructor)) static void end(void) {
  say("DT_FINI_ARRAY\n");
}
void old_end(void) {
  say("DT_FINI\n");
}
#else
CASE {
  SHOW(dlclose(must_open("libkinds.so", RTLD_NOW)));
}
#endif
