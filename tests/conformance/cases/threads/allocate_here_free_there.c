// Memory that one thread allocates and another one frees or enlarges: malloc(3).
// marks: threads
// variants: musl
#include <pthread.h>
#include <stdatomic.h>

#include "case.h"

enum { count = 4, turns = 1500, places = 32 };
static _Atomic(unsigned char*) exchange[places];
static atomic_int wrong;

static void check_and_free(unsigned char* memory) {
  unsigned size = memory[0] * 37u + 2;
  for (unsigned i = 1; i < size; i++)
    if (memory[i] != (unsigned char)(memory[0] + i)) {
      wrong++;
      break;
    }
  free(memory);
}

static void* body(void* argument) {
  unsigned random = (unsigned)(long)argument * 48271u + 7;
  for (int turn = 0; turn < turns; turn++) {
    random = random * 1103515245 + 12345;
    unsigned char kind = (unsigned char)(random >> 16);
    unsigned size = kind * 37u + 2;
    unsigned char* memory = malloc(turn % 4 == 0 ? 16 : size);
    if (turn % 4 == 0) memory = realloc(memory, size);
    NEED(memory != NULL);
    for (unsigned i = 0; i < size; i++) memory[i] = (unsigned char)(kind + i);
    unsigned char* other = atomic_exchange(&exchange[(random >> 8) % places], memory);
    if (other != NULL) check_and_free(other);
  }
  return NULL;
}

CASE {
  pthread_t threads[count];
  for (long i = 0; i < count; i++) NEED(pthread_create(&threads[i], NULL, body, (void*)i) == 0);
  for (int i = 0; i < count; i++) NEED(pthread_join(threads[i], NULL) == 0);
  for (int i = 0; i < places; i++)
    if (exchange[i] != NULL) check_and_free(exchange[i]);
  SHOW(wrong);
}
