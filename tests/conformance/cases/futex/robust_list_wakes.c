// The end of a thread wakes one that waits at a word of its robust list: set_robust_list(2).
// marks: threads
#include <stddef.h>

#include "words.h"

static struct lock {
  struct robust_list entry;
  atomic_int word;
} lock;
static struct robust_list_head head;
static struct gate owned, may_end;

static void* owner(void* unused) {
  head.futex_offset = offsetof(struct lock, word);
  head.list.next = &lock.entry;
  lock.entry.next = &head.list;
  lock.word = gettid() | (int)FUTEX_WAITERS;
  NEED(syscall(SYS_set_robust_list, &head, sizeof head) == 0);
  open_gate(owned);
  pass_gate(may_end);
  return unused;
}

static void* waiter(void* number) {
  int seen = lock.word;
  while (!((seen = lock.word) & FUTEX_OWNER_DIED)) futex(&lock.word, FUTEX_WAIT, seen, NULL, NULL, 0);
  say("woken: died %d, waiters %d, owner %d\n", (seen & FUTEX_OWNER_DIED) != 0, (seen & (int)FUTEX_WAITERS) != 0,
      seen & FUTEX_TID_MASK);
  return number;
}

CASE {
  pthread_t first, second;
  owned = make_gate();
  may_end = make_gate();
  NEED(pthread_create(&first, NULL, owner, NULL) == 0);
  pass_gate(owned);
  NEED(pthread_create(&second, NULL, waiter, NULL) == 0);
  await_waiters(&lock.word, 0, 1);
  open_gate(may_end);
  NEED(pthread_join(first, NULL) == 0);
  NEED(pthread_join(second, NULL) == 0);
}
