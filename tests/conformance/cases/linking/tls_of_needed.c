// The program uses a needed library's thread-local variable by the initial exec model: ELF TLS.
// library: local
// libs: -llocal
// marks: threads
// variants: no-pie,musl
#include <pthread.h>

#include "library.h"

#ifdef LIBRARY_local
__thread int shared_value = 9;
int* where(void) {
  return &shared_value;
}
#else
extern __thread int shared_value __attribute__((tls_model("initial-exec")));
int* where(void);

static void* other(void* unused) {
  (void)unused;
  CHECK(where() == &shared_value);
  SHOW(shared_value++);
  SHOW(*where());
  return NULL;
}

CASE {
  shared_value = 20;
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, other, NULL) == 0 && pthread_join(thread, NULL) == 0);
  other(NULL);
}
#endif
