// pthread_kill reaches the given thread, a process signal the one that does not block it: pthread_kill(3).
// marks: threads
#include <pthread.h>
#include <time.h>

#include "case.h"

static pthread_t main_thread;
static volatile int hits_main, hits_other, stop;

static void on_signal(int number) {
  (void)number;
  if (pthread_equal(pthread_self(), main_thread))
    hits_main++;
  else
    hits_other++;
}

static void* body(void* argument) {
  while (!stop) nanosleep(&(struct timespec){0, 1000000}, NULL);
  return argument;
}

CASE {
  main_thread = pthread_self();
  handle(SIGUSR1, on_signal, 0);
  handle(SIGUSR2, on_signal, 0);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  SHOW_CODE(pthread_kill(thread, SIGUSR1));
  while (!hits_other)
    ;
  SHOW_CODE(pthread_kill(main_thread, SIGUSR1));
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  NEED(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
  SHOW(kill(getpid(), SIGUSR2));
  while (hits_other < 2)
    ;
  say("main %d other %d\n", hits_main, hits_other);
  stop = 1;
  NEED(pthread_join(thread, NULL) == 0);
}
