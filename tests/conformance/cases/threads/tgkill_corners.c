// tgkill and tkill with wrong numbers, to a thread that has ended, and with signal 0: tgkill(2).
// marks: threads
#include <pthread.h>

#include "relatives.h"

static struct gate begun, may_end;
static pid_t tid;

static void* body(void* unused) {
  tid = gettid();
  open_gate(begun);
  pass_gate(may_end);
  return unused;
}

CASE {
  pthread_t thread;
  pid_t self = getpid();
  begun = make_gate();
  may_end = make_gate();
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  pass_gate(begun);
  SHOW(syscall(SYS_tgkill, self, tid, 0));
  SHOW(syscall(SYS_tgkill, self, tid, 65));
  SHOW(syscall(SYS_tgkill, self, tid, -1));
  SHOW(syscall(SYS_tgkill, tid, tid, 0));
  SHOW(syscall(SYS_tgkill, tid, self, 0));
  SHOW(syscall(SYS_tgkill, 0, tid, 0));
  SHOW(syscall(SYS_tgkill, -1, tid, 0));
  SHOW(syscall(SYS_tgkill, self, 0, 0));
  SHOW(syscall(SYS_tkill, tid, 0));
  SHOW(syscall(SYS_tkill, 0, 0));
  SHOW(syscall(SYS_tkill, -1, 0));
  SHOW(syscall(SYS_tkill, tid, 65));
  SHOW(kill(tid, 0));  // a thread's number stands for its process
  SHOW_CODE(pthread_kill(thread, 65));
  open_gate(may_end);
  NEED(pthread_join(thread, NULL) == 0);
  while (syscall(SYS_tgkill, self, tid, 0) == 0) nap();
  SHOW(syscall(SYS_tgkill, self, tid, 0));
  SHOW(syscall(SYS_tkill, tid, SIGTERM));
}
