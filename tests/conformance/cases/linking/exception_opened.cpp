// Exceptions out of opened libraries, closed and opened again meanwhile, and out of threads in them: dlopen(3).
// library: thrower
// marks: threads
#include <pthread.h>

#include <stdexcept>
#include <string>

#include "library.h"

#ifdef LIBRARY_thrower
struct Guard {
  ~Guard() { say("guard gone\n"); }
};
extern "C" void fail(void (*back)(), int number) {
  Guard guard;
  if (number > 2) back();
  throw std::runtime_error("failure " + std::to_string(number));
}
#else
static void back() {
  throw std::string("thrown by the program, through the library");
}

static void attempt(int number) {
  void* library = must_open("libthrower.so", RTLD_NOW);
  try {
    FUNCTION(void(void (*)(), int), library, "fail")(back, number);
  } catch (const std::runtime_error& error) {
    say("%s\n", error.what());
  } catch (const std::string& text) {
    say("%s\n", text.c_str());
  }
  SHOW(dlclose(library));
}

static void* thread_body(void* number) {
  attempt(static_cast<int>(reinterpret_cast<intptr_t>(number)));
  return nullptr;
}

CASE {
  attempt(1);
  attempt(3);
  for (intptr_t number = 2; number <= 3; number++) {
    pthread_t thread;
    NEED(pthread_create(&thread, nullptr, thread_body, reinterpret_cast<void*>(number)) == 0);
    NEED(pthread_join(thread, nullptr) == 0);
  }
}
#endif
