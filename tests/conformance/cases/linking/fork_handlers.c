// A library's handlers of forks are called with its closing, not after: pthread_atfork(3).
// library: handlers
// marks: fork
#include <pthread.h>

#include "library.h"
#include "relatives.h"

#ifdef LIBRARY_handlers
static void prepare(void) {
  say("prepare\n");
}
static void in_parent(void) {
  // Printed by the parent only once the child has ended.
}
static void in_child(void) {
  say("in child\n");
}
void enter(void) {
  NEED(pthread_atfork(prepare, in_parent, in_child) == 0);
}
#else
static void show(const char* when) {
  pid_t child;
  START(child);
  reap(when, child);
}

CASE {
  show("before");
  void* library = must_open("libhandlers.so", RTLD_NOW);
  FUNCTION(void(void), library, "enter")();
  show("entered");
  FUNCTION(void(void), library, "enter")();
  show("entered twice");
  SHOW(dlclose(library));
  show("closed");
}
#endif
