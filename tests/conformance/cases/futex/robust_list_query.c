// get_robust_list gives the head of any thread of the process, and where it cannot, says why: get_robust_list(2).
// marks: threads
#include "words.h"

static atomic_int tid;
static struct robust_list_head head = {{&head.list}, 8, NULL};
static struct gate ready, done;

static void* body(void* unused) {
  NEED(syscall(SYS_set_robust_list, &head, sizeof head) == 0);
  tid = gettid();
  open_gate(ready);
  pass_gate(done);
  return unused;
}

CASE {
  struct robust_list_head *found = NULL, *own = NULL;
  size_t size = 0;
  ready = make_gate();
  done = make_gate();
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  pass_gate(ready);
  SHOW(syscall(SYS_get_robust_list, tid, &found, &size));
  CHECK(found == &head);
  SHOW(size);
  SHOW(syscall(SYS_get_robust_list, 0, &own, &size));
  CHECK(own != found && own != NULL);
  SHOW(syscall(SYS_get_robust_list, getpid(), &found, &size));
  CHECK(own == found);
  SHOW(syscall(SYS_get_robust_list, 0, NULL, &size));
  SHOW(syscall(SYS_get_robust_list, 0, &found, NULL));
  SHOW(syscall(SYS_get_robust_list, -1, &found, &size));
  open_gate(done);
  NEED(pthread_join(thread, NULL) == 0);
}
