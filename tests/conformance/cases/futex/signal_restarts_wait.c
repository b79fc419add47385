// With SA_RESTART a wait without a time goes on after the handler; one with a time ends with EINTR: signal(7).
// marks: threads
#include "words.h"

static atomic_int word, handled, finished;
static int operation, timed;

static void on_signal(int number) {
  (void)number;
  handled++;
}

static void* waiter(void* unused) {
  struct timespec time = as_time(60000000000);
  if (timed && (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET) time = as_time(now_ns(CLOCK_MONOTONIC) + 60000000000);
  errno = 0;
  long result = 0;
  while (result == 0 && word == 0) result = futex(&word, operation, 0, timed ? &time : NULL, NULL, -1);
  int code = errno;
  finished = 1;
  say("operation %d%s: %ld %s\n", operation, timed ? " timed" : "", result, errno_name(code));
  return unused;
}

CASE {
  static const int operations[] = {FUTEX_WAIT, FUTEX_WAIT_PRIVATE, FUTEX_WAIT_BITSET, FUTEX_WAIT_BITSET_PRIVATE};
  handle(SIGUSR1, on_signal, SA_RESTART);
  for (int i = 0; i < 8; i++) {
    pthread_t thread;
    int flags = operations[i / 2] & FUTEX_PRIVATE_FLAG;
    operation = operations[i / 2];
    timed = i & 1;
    word = 0;
    finished = handled = 0;
    NEED(pthread_create(&thread, NULL, waiter, NULL) == 0);
    // One that comes before a wait with a time does nothing, so they come until it has ended.
    for (int turn = 1; timed ? !finished : turn < 5; turn++) {
      pthread_kill(thread, SIGUSR1);
      while (!timed && handled < turn) nap();
      nap();
    }
    int too_soon = !timed && finished;
    word = 1;
    NEED(futex(&word, FUTEX_WAKE | flags, 1, NULL, NULL, 0) >= 0);
    NEED(pthread_join(thread, NULL) == 0);
    SHOW(too_soon);
  }
}
