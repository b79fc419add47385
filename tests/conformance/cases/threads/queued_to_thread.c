// Real-time signals queued to one thread come to it in order with their values: pthread_sigqueue(3).
// marks: threads
#include <pthread.h>

#include "relatives.h"

static struct gate begun, queued;
static int strangers;
static pthread_t thread;

static void on_signal(int number, siginfo_t* info, void* context) {
  (void)context;
  if (!pthread_equal(pthread_self(), thread)) strangers++;
  say("+%d value %d code %s\n", number - SIGRTMIN, info->si_value.sival_int,
      info->si_code == SI_QUEUE ? "SI_QUEUE" : "other");
}

static void* body(void* unused) {
  open_gate(begun);
  pass_gate(queued);
  sigset_t set;
  sigemptyset(&set);
  NEED(pthread_sigmask(SIG_SETMASK, &set, NULL) == 0);
  return unused;
}

CASE {
  begun = make_gate();
  queued = make_gate();
  for (int i = 0; i < 3; i++) handle_info(SIGRTMIN + i, on_signal, 0);
  sigset_t some;
  sigemptyset(&some);
  for (int i = 0; i < 3; i++) sigaddset(&some, SIGRTMIN + i);
  NEED(pthread_sigmask(SIG_BLOCK, &some, NULL) == 0);
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  pass_gate(begun);
  NEED(pthread_sigmask(SIG_UNBLOCK, &some, NULL) == 0);
  for (int i = 0; i < 6; i++) SHOW_CODE(pthread_sigqueue(thread, SIGRTMIN + 2 - i % 3, (union sigval){.sival_int = i}));
  SHOW_CODE(pthread_sigqueue(thread, 65, (union sigval){.sival_int = 0}));
  open_gate(queued);
  NEED(pthread_join(thread, NULL) == 0);
  SHOW(strangers);
}
