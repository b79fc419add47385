// Times beyond what can be counted in nanoseconds are for ever, not in the past: futex(2).
// marks: threads
#include "words.h"

static atomic_int word;
static int flags_now;
static struct timespec time_now;

static void* wait_relative(void* unused) {
  while (word == 0) {
    errno = 0;
    long result = futex(&word, FUTEX_WAIT | flags_now, 0, &time_now, NULL, 0);
    if (result != 0 && errno != EAGAIN) say("relative: %s\n", errno_name(errno));
    if (errno == ETIMEDOUT) break;
  }
  return unused;
}

static void* wait_absolute(void* unused) {
  while (word == 0) {
    errno = 0;
    long result = futex(&word, FUTEX_WAIT_BITSET | flags_now, 0, &time_now, NULL, -1);
    if (result != 0 && errno != EAGAIN) say("absolute: %s\n", errno_name(errno));
    if (errno == ETIMEDOUT) break;
  }
  return unused;
}

static void run(const char* what, void* (*body)(void*), int flags, int64_t seconds) {
  pthread_t thread;
  word = 0;
  flags_now = flags;
  time_now = (struct timespec){seconds, 999999999};
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  await_waiters(&word, flags & FUTEX_PRIVATE_FLAG, 1);
  word = 1;
  say("%s: woken %ld\n", what, futex(&word, FUTEX_WAKE | (flags & FUTEX_PRIVATE_FLAG), 1, NULL, NULL, 0));
  NEED(pthread_join(thread, NULL) == 0);
}

CASE {
  static const int64_t seconds[] = {9223372035, 9223372036, 9223372037, 18446744073, 18446744074, LLONG_MAX};
  for (int i = 0; i < 6; i++) {
    run("relative", wait_relative, 0, seconds[i]);
    run("relative private", wait_relative, FUTEX_PRIVATE_FLAG, seconds[i]);
    run("absolute", wait_absolute, 0, seconds[i]);
    run("real time private", wait_absolute, FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME, seconds[i]);
  }
}
