// Constructors run before main in the order of their priority, destructors after it in the reverse: the System V ABI.
// variants: static,static-pie,no-pie,musl
#include "case.h"

__attribute__((constructor(201))) static void early(void) {
  say("constructor 201\n");
}
__attribute__((constructor(300))) static void late(void) {
  say("constructor 300\n");
}
__attribute__((constructor)) static void plain(void) {
  say("plain constructor\n");
}
__attribute__((destructor(300))) static void end_first(void) {
  say("destructor 300\n");
}
__attribute__((destructor(201))) static void end_last(void) {
  say("destructor 201\n");
}
static void preinit(int argc, char** argv, char** environment) {
  say("preinit %d %d %d\n", argc, argv != NULL, environment != NULL);
}
__attribute__((section(".preinit_array"), used)) static void (*const preinit_entry)(int, char**, char**) = preinit;

CASE {
  say("main\n");
}
