// Thread-local objects with destructors keep their library until the thread has ended: the Itanium C++ ABI.
// library: objects
// marks: threads
#include <pthread.h>

#include "library.h"

#ifdef LIBRARY_objects
struct Object {
  int value = 5;
  Object() { say("made\n"); }
  ~Object() { say("gone, value %d\n", value); }
};
static thread_local Object object;
extern "C" int next() {
  return ++object.value;
}
__attribute__((destructor)) static void end() {
  say("library ends\n");
}
#else
static pthread_barrier_t barrier;

static void* user(void*) {
  void* library = must_open("libobjects.so", RTLD_NOW);
  SHOW(FUNCTION(int(), library, "next")());
  SHOW(FUNCTION(int(), library, "next")());
  SHOW(dlclose(library));
  CHECK(is_mapped("/libobjects.so"));
  say("thread ends\n");
  return nullptr;
}

CASE {
  pthread_t thread;
  NEED(pthread_create(&thread, nullptr, user, nullptr) == 0 && pthread_join(thread, nullptr) == 0);
  void* library = must_open("libobjects.so", RTLD_NOW);
  SHOW(FUNCTION(int(), library, "next")());
  SHOW(dlclose(library));
  say("main ends\n");
}
#endif
