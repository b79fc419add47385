// The operations on locks with priority inheritance, and what they refuse: futex(2).
#include <linux/futex.h>
#include <signal.h>

#include "relatives.h"

static int word;

static long lock(int operation, int* at, const struct timespec* time) {
  return syscall(SYS_futex, at, operation, 0, time, NULL, 0);
}

static void nothing(int number) {
  (void)number;
}

CASE {
  const int self = (int)syscall(SYS_gettid);
  struct timespec past = {0, 0}, bad = {0, -1};
  SHOW(lock(FUTEX_UNLOCK_PI, &word, NULL));
  SHOW(lock(FUTEX_LOCK_PI, &word, NULL));
  CHECK(word == self);
  SHOW(lock(FUTEX_LOCK_PI, &word, NULL));
  SHOW(lock(FUTEX_TRYLOCK_PI, &word, NULL));
  SHOW(lock(FUTEX_UNLOCK_PI, &word, NULL));
  CHECK(word == 0);
  SHOW(lock(FUTEX_TRYLOCK_PI | FUTEX_PRIVATE_FLAG, &word, NULL));
  CHECK(word == self);
  SHOW(lock(FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, &word, NULL));
  word = FUTEX_OWNER_DIED;
  SHOW(lock(FUTEX_LOCK_PI, &word, NULL));
  CHECK(word == (self | FUTEX_OWNER_DIED));
  word = 4194303;  // nobody has this number
  SHOW(lock(FUTEX_LOCK_PI, &word, NULL));
  word = 1;
  SHOW(lock(FUTEX_UNLOCK_PI, &word, NULL));
  SHOW(lock(FUTEX_LOCK_PI, (int*)((char*)&word + 1), NULL));
  SHOW(lock(FUTEX_LOCK_PI, NULL, NULL));
  SHOW(lock(FUTEX_UNLOCK_PI, NULL, NULL));
  SHOW(lock(FUTEX_LOCK_PI, &word, &bad));
  SHOW(lock(FUTEX_LOCK_PI, &word, (struct timespec*)8));
  SHOW(lock(FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, &word, &past));
  pid_t pid;
  struct gate go = make_gate();
  START(pid) pass_gate(go);
  word = pid;
  handle(SIGALRM, nothing, 0);
  alarm(1);
  struct timespec soon;
  NEED(clock_gettime(CLOCK_REALTIME, &soon) == 0);
  soon.tv_sec += 2;
  SHOW(lock(FUTEX_LOCK_PI, &word, &past));
  SHOW(lock(FUTEX_LOCK_PI, &word, &soon));  // the alarm's handler does not end it
  CHECK(word == (int)(pid | FUTEX_WAITERS));
  open_gate(go);
  reap("child", pid);
}
