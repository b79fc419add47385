// Who came first is woken first, also after all were moved to another word: futex(2).
// marks: threads
#include "words.h"

enum { count = 6 };
static atomic_int words[64];
static int flags_now;
static struct gate woken;

static void* waiter(void* number) {
  while (futex(&words[0], FUTEX_WAIT | flags_now, 0, NULL, NULL, 0) != 0) continue;
  say("waiter %ld\n", (long)number);
  open_gate(woken);
  return number;
}

static void run(const char* what, int flags, int moves) {
  pthread_t threads[count];
  say("%s\n", what);
  flags_now = flags;
  for (long i = 0; i < count; i++) {
    NEED(pthread_create(&threads[i], NULL, waiter, (void*)i) == 0);
    // Moved to the end in its turn: those before it keep their order.
    while (futex(&words[0], FUTEX_CMP_REQUEUE | flags, 0, (void*)1L, &words[32], 0) != 1) nap();
  }
  atomic_int* at = &words[32];
  if (moves) {
    at = &words[48];
    SHOW(futex(&words[32], FUTEX_REQUEUE | flags, 0, (void*)3L, at, 0));
    SHOW(futex(&words[32], FUTEX_REQUEUE | flags, 0, (void*)1000L, at, 0));
  }
  for (int i = 0; i < count; i++) {
    NEED(futex(at, FUTEX_WAKE | flags, 1, NULL, NULL, 0) == 1);
    pass_gate(woken);
  }
  for (int i = 0; i < count; i++) NEED(pthread_join(threads[i], NULL) == 0);
}

CASE {
  woken = make_gate();
  run("private", FUTEX_PRIVATE_FLAG, 0);
  run("private, moved", FUTEX_PRIVATE_FLAG, 1);
  run("shared", 0, 0);
  run("shared, moved", 0, 1);
}
