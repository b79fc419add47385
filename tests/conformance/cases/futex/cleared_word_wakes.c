// The word of set_tid_address is cleared when the thread ends, and one that waits at it is woken: set_tid_address(2).
// marks: threads
#include "words.h"

static atomic_int word, same;
static struct gate ready, may_end;

static void* body(void* unused) {
  same = syscall(SYS_set_tid_address, &word) == gettid();
  word = gettid();
  open_gate(ready);
  pass_gate(may_end);
  return unused;
}

static void* waiter(void* unused) {
  for (int seen; (seen = word) != 0;) futex(&word, FUTEX_WAIT, seen, NULL, NULL, 0);
  say("cleared\n");
  return unused;
}

CASE {
  ready = make_gate();
  may_end = make_gate();
  pthread_attr_t detached;
  pthread_t thread, other;
  NEED(pthread_attr_init(&detached) == 0);
  NEED(pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED) == 0);
  NEED(pthread_create(&thread, &detached, body, NULL) == 0);
  pass_gate(ready);
  SHOW(same);
  NEED(pthread_create(&other, NULL, waiter, NULL) == 0);
  await_waiters(&word, 0, 1);
  open_gate(may_end);
  NEED(pthread_join(other, NULL) == 0);
  SHOW(word);
}
