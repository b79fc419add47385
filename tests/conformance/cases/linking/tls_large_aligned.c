// Thread-local variables of a mebibyte, aligned to pages: ELF TLS.
// library: large
// marks: threads
#include <pthread.h>

#include "library.h"

#ifdef LIBRARY_large
__thread unsigned char much[1 << 20] __attribute__((aligned(4096))) = {1, 2, 3};
unsigned char* where(void) {
  return much;
}
#else
static unsigned char* (*where)(void);

static void* show(void* unused) {
  (void)unused;
  unsigned char* much = where();
  long sum = 0;
  for (long i = 0; i < 1 << 20; i++) sum += much[i]++;
  say("sum %ld, off by %ld, last %d\n", sum, (long)((uintptr_t)much % 4096), much[(1 << 20) - 1]);
  return NULL;
}

CASE {
  where = FUNCTION(unsigned char*(void), must_open("liblarge.so", RTLD_NOW), "where");
  show(NULL);
  for (int i = 0; i < 2; i++) {
    pthread_t thread;
    NEED(pthread_create(&thread, NULL, show, NULL) == 0 && pthread_join(thread, NULL) == 0);
  }
  show(NULL);
}
#endif
