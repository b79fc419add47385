// tgkill to a thread of a child; wrong pairs of numbers: tgkill(2).
// marks: fork, threads
#include <pthread.h>

#include "relatives.h"

static struct gate ready, end;

static void on_signal(int number, siginfo_t* info, void* context) {
  (void)context;
  say("child: %s in the first thread %d, code %d\n", signal_name(number), gettid() == getpid(), info->si_code);
  open_gate(end);
}

static void* body(void* argument) {
  *(pid_t*)argument = gettid();
  open_gate(ready);
  for (;;) pause();
  return NULL;
}

CASE {
  pid_t* thread_number = shared_memory(KX_PAGE);
  ready = make_gate(), end = make_gate();
  handle_info(SIGUSR1, on_signal, 0);
  pid_t child;
  START(child) {
    pthread_t thread;
    NEED(pthread_create(&thread, NULL, body, thread_number) == 0);
    for (;;) pause();
  }
  pass_gate(ready);
  NEED(syscall(SYS_tgkill, child, child, SIGUSR1) == 0);
  pass_gate(end);
  NEED(syscall(SYS_tgkill, child, *thread_number, SIGUSR1) == 0);
  pass_gate(end);
  SHOW(syscall(SYS_tgkill, child, getpid(), 0));
  SHOW(syscall(SYS_tgkill, getpid(), child, 0));
  SHOW(syscall(SYS_tgkill, child, *thread_number, 65));
  SHOW(syscall(SYS_tgkill, 0, child, 0));
  SHOW(syscall(SYS_tkill, *thread_number, 0));
  SHOW(kill(child, SIGKILL));
  reap("child", child);
  SHOW(syscall(SYS_tgkill, child, *thread_number, SIGUSR1));
}
