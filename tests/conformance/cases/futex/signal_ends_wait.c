// A handler without SA_RESTART ends a wait with EINTR, whatever kind it is: futex(2), signal(7).
// marks: threads
// variants: static
#include "words.h"

static atomic_int word, finished;
static int operation, timed;

static void on_signal(int number) {
  (void)number;
}

static void* waiter(void* unused) {
  struct timespec time = as_time(60000000000);
  if (timed && (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET)
    time = as_time(now_ns(operation & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC) + 60000000000);
  errno = 0;
  long result = 0;
  while (result == 0) result = futex(&word, operation, 0, timed ? &time : NULL, NULL, -1);
  int code = errno;
  finished = 1;
  say("operation %d%s: %ld %s\n", operation, timed ? " timed" : "", result, errno_name(code));
  return unused;
}

CASE {
  static const int operations[] = {FUTEX_WAIT, FUTEX_WAIT_PRIVATE, FUTEX_WAIT_BITSET, FUTEX_WAIT_BITSET_PRIVATE,
                                   FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME};
  handle(SIGUSR1, on_signal, 0);
  for (int i = 0; i < 10; i++) {
    pthread_t thread;
    operation = operations[i / 2];
    timed = i & 1;
    finished = 0;
    NEED(pthread_create(&thread, NULL, waiter, NULL) == 0);
    // One that comes before the wait does nothing, so they come until it has ended.
    while (!finished) {
      pthread_kill(thread, SIGUSR1);
      nap();
    }
    NEED(pthread_join(thread, NULL) == 0);
  }
  SHOW(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
  SHOW(futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
}
