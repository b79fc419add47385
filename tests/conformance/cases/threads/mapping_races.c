// Many threads map, fill, check, protect and unmap memory of their own at once; none sees another's: mmap(2).
// marks: threads
#include <pthread.h>
#include <stdatomic.h>

#include "case.h"

enum { count = 8, turns = 60 };
static atomic_int wrong;

static void* body(void* argument) {
  long number = (long)argument;
  unsigned random = (unsigned)number * 2654435761u + 1;
  for (int turn = 0; turn < turns; turn++) {
    random = random * 1103515245 + 12345;
    long pages = 1 + (random >> 16) % 12;
    volatile long* memory =
        mmap(NULL, (size_t)(pages * KX_PAGE), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    NEED(memory != MAP_FAILED);
    for (long i = 0; i < pages; i++) {
      if (memory[i * 512] != 0) wrong++;
      memory[i * 512] = number * 1000000 + turn * 100 + i;
    }
    if (turn % 3 == 0) NEED(mprotect((void*)memory, (size_t)(pages * KX_PAGE), PROT_READ) == 0);
    if (turn % 5 == 0) sched_yield();
    for (long i = 0; i < pages; i++)
      if (memory[i * 512] != number * 1000000 + turn * 100 + i) wrong++;
    if (pages > 2 && turn % 2 == 0) {
      NEED(munmap((char*)memory + KX_PAGE, KX_PAGE) == 0);
      if (memory[0] != number * 1000000 + turn * 100 || memory[1024] != number * 1000000 + turn * 100 + 2) wrong++;
      NEED(munmap((void*)memory, KX_PAGE) == 0);
      NEED(munmap((char*)memory + 2 * KX_PAGE, (size_t)((pages - 2) * KX_PAGE)) == 0);
    } else {
      NEED(munmap((void*)memory, (size_t)(pages * KX_PAGE)) == 0);
    }
  }
  return NULL;
}

CASE {
  pthread_t threads[count];
  for (long i = 0; i < count; i++) NEED(pthread_create(&threads[i], NULL, body, (void*)(i + 1)) == 0);
  for (int i = 0; i < count; i++) NEED(pthread_join(threads[i], NULL) == 0);
  SHOW(wrong);
}
