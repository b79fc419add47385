// Flags of clone that do not go together, and addresses that cannot be written, when a thread is asked for: clone(2).
// marks: threads
#include <sched.h>

#include "relatives.h"

static int body(void* unused) {
  (void)unused;
  return 0;
}

static void try(const char* what, int flags, int* parent_word) {
  static char stack[65536] __attribute__((aligned(64)));
  static int word;
  errno = 0;
  int result = clone(body, stack + sizeof stack, flags, NULL, parent_word, NULL, &word);
  say("%s: %s\n", what, result > 0 ? "made" : errno_name(errno));
}

CASE {
  int word = 0;
  try("thread without signal handlers", CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_THREAD, &word);
  try("signal handlers without memory", CLONE_SIGHAND | SIGCHLD, &word);
  try("thread with descriptor of itself twice",
      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_PIDFD | CLONE_PARENT_SETTID, &word);
  try("thread in a new mount namespace", CLONE_FS | CLONE_NEWNS | SIGCHLD, &word);
  errno = 0;
  SHOW(syscall(SYS_set_tid_address, NULL) == gettid());
}
