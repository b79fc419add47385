// The signal of an interval timer goes to the process: a thread that does not block it takes it: setitimer(2).
// marks: threads
#include <pthread.h>
#include <stdatomic.h>
#include <sys/time.h>

#include "relatives.h"

static pthread_t taker;
static atomic_int ticks, strangers, begun;

static void on_tick(int number) {
  (void)number;
  if (!pthread_equal(pthread_self(), taker)) strangers++;
  ticks++;
}

static void* takes(void* unused) {
  unblock_signal(SIGALRM);
  begun = 1;
  while (ticks < 5) nap();
  block_signal(SIGALRM);
  return unused;
}

static void* computes(void* unused) {
  static volatile long turns;
  while (ticks < 5) turns++;
  return unused;
}

CASE {
  pthread_t other;
  struct itimerval every = {{0, 10000}, {0, 10000}}, off = {{0, 0}, {0, 0}}, was;
  block_signal(SIGALRM);
  handle(SIGALRM, on_tick, 0);
  NEED(pthread_create(&other, NULL, computes, NULL) == 0);
  NEED(pthread_create(&taker, NULL, takes, NULL) == 0);
  while (!begun) nap();
  SHOW(setitimer(ITIMER_REAL, &every, NULL));
  NEED(pthread_join(taker, NULL) == 0 && pthread_join(other, NULL) == 0);
  SHOW(setitimer(ITIMER_REAL, &off, &was));
  SHOW(was.it_interval.tv_usec);
  say("ticks %s, strangers %d\n", ticks >= 5 ? "enough" : "FEW", strangers);
}
