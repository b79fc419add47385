// A thread begins with its maker's signal mask, and nothing pending; masks are apart afterwards: pthread_sigmask(3).
// marks: threads
// variants: musl
#include <pthread.h>

#include "relatives.h"

static struct gate changed, looked;

static void show(const char* who) {
  sigset_t mask, pending;
  NEED(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0 && sigpending(&pending) == 0);
  say("%s: mask %d%d%d pending %d%d%d\n", who, sigismember(&mask, SIGUSR1), sigismember(&mask, SIGUSR2),
      sigismember(&mask, SIGTERM), sigismember(&pending, SIGUSR1), sigismember(&pending, SIGUSR2),
      sigismember(&pending, SIGTERM));
}

static void* body(void* unused) {
  show("thread");
  unblock_signal(SIGUSR2);
  block_signal(SIGTERM);
  show("thread");
  open_gate(changed);
  pass_gate(looked);
  show("thread");
  return unused;
}

CASE {
  pthread_t thread;
  changed = make_gate();
  looked = make_gate();
  block_signal(SIGUSR1);
  block_signal(SIGUSR2);
  NEED(pthread_kill(pthread_self(), SIGUSR1) == 0);
  show("main");
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  pass_gate(changed);
  show("main");
  NEED(kill(getpid(), SIGUSR1) == 0);
  NEED(pthread_kill(thread, SIGTERM) == 0);
  show("main");
  open_gate(looked);
  NEED(pthread_join(thread, NULL) == 0);
  show("main");
  sigset_t all, wrong;
  sigfillset(&all);
  wrong = all;
  SHOW_CODE(pthread_sigmask(99, &wrong, NULL));
  SHOW_CODE(pthread_sigmask(SIG_SETMASK, &all, NULL));
  NEED(pthread_sigmask(SIG_BLOCK, NULL, &all) == 0);
  say("kill %d stop %d\n", sigismember(&all, SIGKILL), sigismember(&all, SIGSTOP));
}
