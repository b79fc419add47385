// A thread whose words cannot be written runs and ends all the same: clone(2).
// marks: threads
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>

#include "relatives.h"

static atomic_int ran;

__attribute__((optimize("no-stack-protector"))) static int body(void* unused) {
  (void)unused;
  ran = 1;
  syscall(SYS_futex, &ran, FUTEX_WAKE, 1, NULL, NULL, 0);
  return 0;
}

CASE {
  enum { flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM };
  char* stack = fresh_pages(16);
  int* barred = mmap(NULL, KX_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(barred != MAP_FAILED);
  static const int words[] = {CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
                              CLONE_PARENT_SETTID};
  for (int i = 0; i < 4; i++) {
    ran = 0;
    errno = 0;
    int tid = clone(body, stack + 16 * KX_PAGE, flags | words[i], NULL, barred, NULL, barred);
    say("%s\n", tid > 0 ? "made" : errno_name(errno));
    if (tid > 0) {
      while (ran == 0) syscall(SYS_futex, &ran, FUTEX_WAIT, 0, NULL, NULL, 0);
      while (syscall(SYS_tgkill, getpid(), tid, 0) == 0) nap();
      say("gone, word %d\n", *barred);
    }
  }
}
