// A handler that wakes the word which its own thread waits at: the wait has ended before, and wakes nobody: futex(2).
// marks: threads
#include "words.h"

static atomic_int word, woken_in_handler;

static void on_signal(int number) {
  (void)number;
  word = 1;
  woken_in_handler = (int)futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void* waiter(void* unused) {
  errno = 0;
  long result = 0;
  while (result == 0 && word == 0) result = futex(&word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
  say("%ld %s\n", result, errno_name(errno));
  return unused;
}

CASE {
  for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
    pthread_t thread;
    word = 0;
    handle(SIGUSR1, on_signal, flags);
    NEED(pthread_create(&thread, NULL, waiter, NULL) == 0);
    await_waiters(&word, FUTEX_PRIVATE_FLAG, 1);
    NEED(pthread_kill(thread, SIGUSR1) == 0);
    NEED(pthread_join(thread, NULL) == 0);
    SHOW(woken_in_handler);
  }
}
