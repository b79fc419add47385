// Signals that are ignored or blocked do not end a wait, nor do those whose default is nothing: futex(2), signal(7).
// marks: threads
#include "words.h"

static atomic_int word;
static int operation;

static void* waiter(void* unused) {
  struct timespec time = as_time(60000000000);
  block_signal(SIGUSR2);
  errno = 0;
  long result = 0;
  while (result == 0 && word == 0) result = futex(&word, operation, 0, &time, NULL, 0);
  say("operation %d: %ld %s\n", operation, result, errno_name(errno));
  sigset_t pending;
  sigpending(&pending);
  say("pending: %d %d %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2),
      sigismember(&pending, SIGCHLD));
  return unused;
}

CASE {
  handle(SIGUSR1, SIG_IGN, 0);
  for (int i = 0; i < 2; i++) {
    pthread_t thread;
    operation = i == 0 ? FUTEX_WAIT : FUTEX_WAIT_PRIVATE;
    word = 0;
    NEED(pthread_create(&thread, NULL, waiter, NULL) == 0);
    await_waiters(&word, operation & FUTEX_PRIVATE_FLAG, 1);
    static const int numbers[] = {SIGUSR1, SIGUSR2, SIGCHLD, SIGURG, SIGWINCH, SIGCONT};
    for (int k = 0; k < 6; k++) NEED(pthread_kill(thread, numbers[k]) == 0);
    await_waiters(&word, operation & FUTEX_PRIVATE_FLAG, 1);
    word = 1;
    long woken = futex(&word, FUTEX_WAKE | (operation & FUTEX_PRIVATE_FLAG), 1, NULL, NULL, 0);
    NEED(pthread_join(thread, NULL) == 0);
    SHOW(woken);
  }
}
