// Threads, mutexes, conditions and specific storage of the C library's own: thrd_create(3), mtx_init(3), cnd_wait(3).
// marks: threads
// variants: musl
#include <threads.h>
#include <time.h>

#include "relatives.h"

static mtx_t mutex;
static cnd_t condition;
static tss_t storage;
static once_flag once = ONCE_FLAG_INIT;
static int turn, calls;
static thread_local int own = 5;

static void initialize(void) {
  calls++;
}

static void destroy(void* value) {
  NEED(mtx_lock(&mutex) == thrd_success);
  calls += (int)(long)value;
  NEED(mtx_unlock(&mutex) == thrd_success);
}

static int body(void* number) {
  call_once(&once, initialize);
  own += (int)(long)number;
  NEED(tss_set(storage, (void*)10L) == thrd_success);
  NEED(mtx_lock(&mutex) == thrd_success);
  while (turn != (int)(long)number) NEED(cnd_wait(&condition, &mutex) == thrd_success);
  say("thread %ld own %d\n", (long)number, own);
  turn++;
  NEED(cnd_broadcast(&condition) == thrd_success);
  NEED(mtx_unlock(&mutex) == thrd_success);
  if (number == NULL) thrd_exit(77);
  return (int)(long)number * 2;
}

CASE {
  thrd_t threads[4];
  int results[4];
  NEED(mtx_init(&mutex, mtx_plain) == thrd_success && cnd_init(&condition) == thrd_success);
  NEED(tss_create(&storage, destroy) == thrd_success);
  for (long i = 3; i >= 0; i--) NEED(thrd_create(&threads[i], body, (void*)i) == thrd_success);
  for (int i = 0; i < 4; i++) {
    NEED(thrd_join(threads[i], &results[i]) == thrd_success);
  }
  say("results %d %d %d %d\n", results[0], results[1], results[2], results[3]);
  say("own %d calls %d\n", own, calls);
  mtx_t timed;
  struct timespec past = {1, 0}, time = {0, 1000000};
  NEED(mtx_init(&timed, mtx_timed | mtx_recursive) == thrd_success);
  CHECK(mtx_timedlock(&timed, &past) == thrd_success);
  CHECK(mtx_lock(&timed) == thrd_success);
  CHECK(mtx_lock(&mutex) == thrd_success);
  CHECK(mtx_trylock(&mutex) == thrd_busy);
  CHECK(cnd_timedwait(&condition, &mutex, &past) == thrd_timedout);
  CHECK(thrd_sleep(&time, NULL) == 0);
  thrd_yield();
  CHECK(thrd_equal(thrd_current(), thrd_current()));
}
