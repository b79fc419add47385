// A semaphore lets as many blocked readers go as there are tokens, each with the value one: eventfd(2).
// marks: threads
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "readiness.h"

enum { readers = 4, each = 25 };
static int tokens;
static atomic_int sum;

static void* reader(void* unused) {
  (void)unused;
  for (int i = 0; i < each; i++) {
    uint64_t value;
    NEED(read(tokens, &value, 8) == 8);
    atomic_fetch_add(&sum, (int)value);
  }
  return NULL;
}

CASE {
  pthread_t threads[readers];
  tokens = eventfd(0, EFD_SEMAPHORE);
  for (int i = 0; i < readers; i++) NEED(pthread_create(&threads[i], NULL, reader, NULL) == 0);
  for (int i = 0; i < readers * each / 5; i++) NEED(eventfd_write(tokens, 5) == 0);
  for (int i = 0; i < readers; i++) NEED(pthread_join(threads[i], NULL) == 0);
  SHOW(sum);
  show_poll("none left", tokens, POLLIN, 0);
}
