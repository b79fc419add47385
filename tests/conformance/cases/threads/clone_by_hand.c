// A thread made by clone itself: numbers written, its own thread pointer, the word cleared at its end: clone(2).
// marks: threads
// variants: static
#include <asm/prctl.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>

#include "relatives.h"

enum {
  as_thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
  stack_pages = 16,
};
static atomic_int parent_word, child_word, own_number, pointer_right, seen_child_word;
static long block[512] __attribute__((aligned(64)));

__attribute__((optimize("no-stack-protector"))) static int body(void* unused) {
  (void)unused;
  unsigned long pointer = 0;
  seen_child_word = child_word;
  own_number = (int)syscall(SYS_gettid);
  syscall(SYS_arch_prctl, ARCH_GET_FS, &pointer);
  pointer_right = pointer == (unsigned long)&block[256];
  return 0;
}

static void await_cleared(atomic_int* word) {
  for (int seen; (seen = *word) != 0;) syscall(SYS_futex, word, FUTEX_WAIT, seen, NULL, NULL, 0);
}

CASE {
  char* stack = fresh_pages(stack_pages);
  block[256] = block[258] = (long)&block[256];
  for (int with_pointer = 0; with_pointer < 2; with_pointer++) {
    parent_word = 0;
    child_word = -1;
    int tid = clone(
        body, stack + stack_pages * KX_PAGE,
        as_thread | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | (with_pointer ? CLONE_SETTLS : 0),
        NULL, &parent_word, &block[256], &child_word);
    NEED(tid > 0);
    CHECK(parent_word == tid);
    await_cleared(&child_word);
    CHECK(own_number == tid);
    CHECK(seen_child_word == tid);
    SHOW(pointer_right);
    CHECK(tid != getpid());
    SHOW(syscall(SYS_tgkill, getpid(), -5, 0));
    own_number = pointer_right = 0;
  }
}
