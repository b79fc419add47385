// clone3 refuses structures it does not understand: clone3(2).
// marks: fork
// pvm-skip: flags that are not there answer ENOSYS where Linux finds another fault first
#include <linux/sched.h>
#include <sched.h>

#include "relatives.h"

static long call(struct clone_args arguments, size_t size) {
  long result = syscall(SYS_clone3, &arguments, size);
  if (result == 0) _exit(0);
  if (result > 0) ended((pid_t)result);
  return result > 0 ? 0 : result;
}

CASE {
  const struct clone_args plain = {.exit_signal = SIGCHLD};
  struct clone_args changed;
  SHOW(call(plain, sizeof plain));
  SHOW(call(plain, CLONE_ARGS_SIZE_VER0));
  SHOW(call(plain, CLONE_ARGS_SIZE_VER0 - 8));
  SHOW(call(plain, 5000));
  SHOW(syscall(SYS_clone3, 8, sizeof plain));
  changed = plain, changed.exit_signal = 65;
  SHOW(call(changed, sizeof changed));
  changed = plain, changed.flags = SIGCHLD;
  SHOW(call(changed, sizeof changed));
  changed = plain, changed.stack = 4096;
  SHOW(call(changed, sizeof changed));
  changed = plain, changed.stack_size = 4096;
  SHOW(call(changed, sizeof changed));
  changed = plain, changed.flags = CLONE_SIGHAND;
  SHOW(call(changed, sizeof changed));
  changed = plain, changed.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
  SHOW(call(changed, sizeof changed));
}
