// Initial exec model in a library opened late: it takes from what static storage was spared: ELF TLS.
// library: local -ftls-model=initial-exec
// marks: threads
#include <pthread.h>

#include "library.h"

#ifdef LIBRARY_local
__thread int value = 50;
int next(void) {
  return ++value;
}
#else
static int (*next)(void);

static void* other(void* unused) {
  (void)unused;
  SHOW(next());
  return NULL;
}

CASE {
  void* library = must_open("liblocal.so", RTLD_NOW);
  next = FUNCTION(int(void), library, "next");
  SHOW(next());
  SHOW(next());
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, other, NULL) == 0 && pthread_join(thread, NULL) == 0);
  const ElfW(Dyn)* entry = ((struct link_map*)library)->l_ld;
  while (entry->d_tag != DT_FLAGS && entry->d_tag != DT_NULL) entry++;
  CHECK(entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_STATIC_TLS) != 0);
}
#endif
