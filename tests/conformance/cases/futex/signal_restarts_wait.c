// With SA_RESTART a wait without a time goes on after the handler; one with a time ends with EINTR: signal(7).
// marks: threads
#include "words.h"

static atomic_int word;
static int operation, timed;
static struct gate handled;

static void on_signal(int number) {
  (void)number;
  open_gate(handled);
}

static void* waiter(void* unused) {
  struct timespec time = as_time(60000000000);
  if (timed && (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET) time = as_time(now_ns(CLOCK_MONOTONIC) + 60000000000);
  errno = 0;
  long result = 0;
  while (result == 0 && word == 0) result = futex(&word, operation, 0, timed ? &time : NULL, NULL, -1);
  say("operation %d%s: %ld %s\n", operation, timed ? " timed" : "", result, errno_name(errno));
  return unused;
}

CASE {
  static const int operations[] = {FUTEX_WAIT, FUTEX_WAIT_PRIVATE, FUTEX_WAIT_BITSET, FUTEX_WAIT_BITSET_PRIVATE};
  handled = make_gate();
  handle(SIGUSR1, on_signal, SA_RESTART);
  for (int i = 0; i < 8; i++) {
    pthread_t thread;
    int flags = operations[i / 2] & FUTEX_PRIVATE_FLAG;
    operation = operations[i / 2];
    timed = i & 1;
    word = 0;
    NEED(pthread_create(&thread, NULL, waiter, NULL) == 0);
    await_waiters(&word, flags, 1);
    for (int turn = 0; turn < (timed ? 1 : 3); turn++) {
      NEED(pthread_kill(thread, SIGUSR1) == 0);
      pass_gate(handled);
      if (!timed) await_waiters(&word, flags, 1);
    }
    long woken = 0;
    if (!timed) {
      word = 1;
      woken = futex(&word, FUTEX_WAKE | flags, 1, NULL, NULL, 0);
    }
    NEED(pthread_join(thread, NULL) == 0);
    SHOW(woken);
  }
}
