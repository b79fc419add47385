// A signal to the process is taken by a thread that does not block it: pthread_sigmask(3).
// marks: fork, threads
#include <pthread.h>

#include "relatives.h"

static struct gate ready;
static __thread int taker;

static void on_signal(int number) {
  say("%s in the taker %d\n", signal_name(number), taker);
  _exit(taker);
}

static void* body(void* argument) {
  taker = 7;
  sigset_t set = set_of(SIGUSR1);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  open_gate(ready);
  for (;;) pause();
  return argument;
}

CASE {
  ready = make_gate();
  handle(SIGUSR1, on_signal, 0);
  block_signal(SIGUSR1);
  pid_t child;
  START(child) {
    pthread_t thread;
    NEED(pthread_create(&thread, NULL, body, NULL) == 0);
    for (;;) pause();
  }
  pass_gate(ready);
  NEED(kill(child, SIGUSR1) == 0);
  reap("child", child);
}
