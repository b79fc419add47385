// A thread and a signal handler whose functions are in an opened library: pthread_create(3), sigaction(2).
// library: body
// marks: threads
#include <pthread.h>

#include "library.h"

#ifdef LIBRARY_body
static volatile int caught;
void* body(void* word) {
  say("%s\n", (const char*)word);
  return (void*)(intptr_t)raise(SIGUSR1);
}
void handler(int number) {
  caught = number;
}
int caught_signal(void) {
  return caught;
}
#else
CASE {
  void* library = must_open("libbody.so", RTLD_NOW);
  handle(SIGUSR1, FUNCTION(void(int), library, "handler"), 0);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, FUNCTION(void*(void*), library, "body"), (void*)"in the library") == 0);
  void* result;
  NEED(pthread_join(thread, &result) == 0);
  SHOW(result);
  say("%s\n", signal_name(FUNCTION(int(void), library, "caught_signal")()));
  handle(SIGUSR1, SIG_DFL, 0);
  SHOW(dlclose(library));
}
#endif
