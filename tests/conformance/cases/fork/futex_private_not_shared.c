// A private futex in copied memory does not wake the other process: futex(2).
// marks: fork
#include <linux/futex.h>

#include "relatives.h"

static uint32_t word;

CASE {
  pid_t child;
  struct gate ready = make_gate();
  START(child) {
    struct timespec time = {0, 40000000};
    open_gate(ready);
    long result = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &time, NULL, 0);
    say("child: %s\n", result == -1 ? errno_name(errno) : "woken");
  }
  pass_gate(ready);
  nap();
  long woken = syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 10, NULL, NULL, 0);
  reap("child", child);
  SHOW(woken);
}
