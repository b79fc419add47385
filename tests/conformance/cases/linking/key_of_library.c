// A key's destructor in a library is called as threads end: pthread_key_create(3p).
// library: keys
// marks: threads
#include <pthread.h>

#include "library.h"

#ifdef LIBRARY_keys
static pthread_key_t key;
static void drop(void* value) {
  say("dropped %d\n", (int)(intptr_t)value);
}
__attribute__((constructor)) static void begin(void) {
  NEED(pthread_key_create(&key, drop) == 0);
}
__attribute__((destructor)) static void end(void) {
  NEED(pthread_key_delete(key) == 0);
}
void* keep(void* value) {
  NEED(pthread_setspecific(key, value) == 0);
  return NULL;
}
#else
CASE {
  void* library = must_open("libkeys.so", RTLD_NOW);
  for (intptr_t i = 1; i <= 3; i++) {
    pthread_t thread;
    NEED(pthread_create(&thread, NULL, FUNCTION(void*(void*), library, "keep"), (void*)i) == 0);
    NEED(pthread_join(thread, NULL) == 0);
  }
  SHOW(dlclose(library));
  CHECK(!is_mapped("/libkeys.so"));
}
#endif
