// Words in pages that nobody has touched yet are 0, and can be waited at and woken: futex(2).
// marks: threads
#include "words.h"

static int flags_now;

static void* waiter(void* word) {
  while (futex(word, FUTEX_WAIT | flags_now, 0, NULL, NULL, 0) != 0) continue;
  return NULL;
}

static void run(int flags, int map) {
  struct timespec soon = {0, 1000000};
  char* memory = mmap(NULL, 4 * KX_PAGE, PROT_READ | PROT_WRITE, map | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  SHOW(futex(memory, FUTEX_WAKE | flags, 1, NULL, NULL, 0));
  SHOW(futex(memory + KX_PAGE, FUTEX_WAIT | flags, 1, &soon, NULL, 0));
  SHOW(futex(memory + 2 * KX_PAGE, FUTEX_WAIT | flags, 0, &soon, NULL, 0));
  // Waited at while it is only read, woken after it was written.
  pthread_t thread;
  flags_now = flags;
  NEED(pthread_create(&thread, NULL, waiter, memory + 3 * KX_PAGE) == 0);
  await_waiters(memory + 3 * KX_PAGE, flags, 1);
  memory[3 * KX_PAGE] = 1;
  SHOW(futex(memory + 3 * KX_PAGE, FUTEX_WAKE | flags, 1, NULL, NULL, 0));
  NEED(pthread_join(thread, NULL) == 0);
}

CASE {
  run(FUTEX_PRIVATE_FLAG, MAP_PRIVATE);
  run(0, MAP_PRIVATE);
  run(FUTEX_PRIVATE_FLAG, MAP_SHARED);
  run(0, MAP_SHARED);
}
