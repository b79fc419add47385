// Each thread has its own dlerror: dlerror(3).
// marks: threads
#include <pthread.h>

#include "library.h"

static void* other(void* unused) {
  (void)unused;
  CHECK(dlerror() == NULL);
  CHECK(dlopen("libsecond.so", RTLD_NOW) == NULL);
  say("%s\n", dlerror());
  return NULL;
}

CASE {
  CHECK(dlopen("libfirst.so", RTLD_NOW) == NULL);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, other, NULL) == 0 && pthread_join(thread, NULL) == 0);
  say("%s\n", dlerror());
  CHECK(dlerror() == NULL);
}
