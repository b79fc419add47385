// Private futexes between threads: who is woken, in which number, and that no wake is lost: futex(2).
// marks: threads
// variants: static
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "case.h"

enum { waiters = 6, turns = 3000 };
static atomic_int word, about_to_wait, returned, turn;

static long futex(atomic_int* at, int operation, int value, const struct timespec* time, int bitset) {
  return syscall(SYS_futex, at, operation | FUTEX_PRIVATE_FLAG, value, time, NULL, bitset);
}

static void sleep_ms(long ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

static void* wait_once(void* bits) {
  atomic_fetch_add(&about_to_wait, 1);
  while (futex(&word, FUTEX_WAIT_BITSET, 0, NULL, (int)(long)bits) != 0 && errno == EINTR) continue;
  atomic_fetch_add(&returned, 1);
  return NULL;
}

static int settled(int expected) {
  for (int i = 0; i < 500 && returned < expected; ++i) sleep_ms(2);
  sleep_ms(20);
  return returned;
}

static void* answer(void* unused) {
  for (int i = 0; i < turns; ++i) {
    while (turn != 1) futex(&turn, FUTEX_WAIT, 0, NULL, 0);
    turn = 0;
    futex(&turn, FUTEX_WAKE, 1, NULL, 0);
  }
  return unused;
}

static void on_signal(int number) {
  (void)number;
}

static void* interrupted(void* unused) {
  atomic_fetch_add(&about_to_wait, 1);
  long result = futex(&word, FUTEX_WAIT, 0, NULL, 0);
  say("interrupted: %ld %s\n", result, errno_name(errno));
  return unused;
}

CASE {
  pthread_t threads[waiters];
  for (int i = 0; i < waiters; ++i) NEED(pthread_create(&threads[i], NULL, wait_once, (void*)(i < 2 ? 1L : 2L)) == 0);
  while (about_to_wait < waiters) sleep_ms(1);
  sleep_ms(200);
  SHOW(futex(&word, FUTEX_WAKE_BITSET, waiters, NULL, 4));
  SHOW(futex(&word, FUTEX_WAKE_BITSET, waiters, NULL, 1));
  SHOW(settled(2));
  SHOW(futex(&word, FUTEX_WAKE, 1, NULL, 0));
  SHOW(settled(3));
  SHOW(futex(&word, FUTEX_WAKE, 1000, NULL, 0));
  SHOW(settled(waiters));
  for (int i = 0; i < waiters; ++i) NEED(pthread_join(threads[i], NULL) == 0);
  SHOW(futex(&word, FUTEX_WAKE, 1, NULL, 0));

  NEED(pthread_create(&threads[0], NULL, answer, NULL) == 0);
  for (int i = 0; i < turns; ++i) {
    turn = 1;
    futex(&turn, FUTEX_WAKE, 1, NULL, 0);
    while (turn != 0) futex(&turn, FUTEX_WAIT, 1, NULL, 0);
  }
  NEED(pthread_join(threads[0], NULL) == 0);
  say("%d turns\n", turns);

  struct timespec soon = {0, 30000000};
  SHOW(futex(&word, FUTEX_WAIT, 0, &soon, 0));
  about_to_wait = 0;
  handle(SIGUSR1, on_signal, 0);
  NEED(pthread_create(&threads[0], NULL, interrupted, NULL) == 0);
  while (about_to_wait == 0) sleep_ms(1);
  sleep_ms(200);
  NEED(pthread_kill(threads[0], SIGUSR1) == 0);
  NEED(pthread_join(threads[0], NULL) == 0);
  SHOW(futex(&word, FUTEX_WAKE, 1, NULL, 0));
}
