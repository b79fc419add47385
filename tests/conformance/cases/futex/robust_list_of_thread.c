// What the end of a thread does to the words on its robust list: set_robust_list(2).
// marks: threads
// variants: static
#include <stddef.h>

#include "words.h"

struct lock {
  struct robust_list entry;
  atomic_int word;
};

static struct robust_list_head head;
static struct lock locks[5];
static atomic_int tid;

static void* body(void* unused) {
  int self = tid = gettid();
  head.futex_offset = offsetof(struct lock, word);
  head.list.next = &locks[0].entry;
  for (int i = 0; i < 3; i++) locks[i].entry.next = &locks[i + 1].entry;
  locks[3].entry.next = &head.list;
  locks[0].word = self;
  locks[1].word = self | (int)FUTEX_WAITERS;
  locks[2].word = getpid();  // not this thread's
  locks[3].word = self | FUTEX_OWNER_DIED;
  locks[4].word = self;
  head.list_op_pending = &locks[4].entry;
  SHOW(syscall(SYS_set_robust_list, &head, sizeof head));
  SHOW(syscall(SYS_set_robust_list, &head, sizeof head - 1));
  SHOW(syscall(SYS_set_robust_list, NULL, 0));
  return unused;
}

CASE {
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  NEED(pthread_join(thread, NULL) == 0);
  for (int i = 0; i < 5; i++) {
    int word = locks[i].word;
    say("%d:%s%s%s\n", i, word & FUTEX_OWNER_DIED ? " died" : "", word & (int)FUTEX_WAITERS ? " waiters" : "",
        (word & FUTEX_TID_MASK) == 0          ? ""
        : (word & FUTEX_TID_MASK) == tid      ? " owner"
        : (word & FUTEX_TID_MASK) == getpid() ? " other"
                                              : " STRANGE");
  }
}
