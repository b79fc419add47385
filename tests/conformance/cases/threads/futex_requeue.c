// FUTEX_REQUEUE and FUTEX_CMP_REQUEUE move waiting threads from one word to another, and say how many: futex(2).
// marks: threads
// variants: static
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "relatives.h"

enum { waiters = 6 };
static int private_flag;
static atomic_int* words;  // two cache lines and more apart
static atomic_int returned, expired;

#define FROM (&words[0])
#define TO (&words[64])

static long futex(atomic_int* at, int operation, int value, long fourth, atomic_int* other, int last) {
  return syscall(SYS_futex, at, operation | private_flag, value, fourth, other, last);
}

static void* wait_once(void* unused) {
  if (futex(FROM, FUTEX_WAIT, 0, 0, NULL, 0) == 0) atomic_fetch_add(&returned, 1);
  return unused;
}

static void* wait_awhile(void* unused) {
  struct timespec time = {0, 200000000};
  if (futex(FROM, FUTEX_WAIT, 0, (long)&time, NULL, 0) == -1 && errno == ETIMEDOUT) expired = 1;
  return unused;
}

// Moves those who have come to wait until there are so many, and stay. One that the kernel wakes by mistake, which it
// may do to a thread that has just begun, waits at the first word again.
static void move_all(int count) {
  for (int settled = 0; settled < 3; nap()) {
    NEED(futex(FROM, FUTEX_CMP_REQUEUE, 0, 1000, TO, 0) >= 0);
    settled = futex(TO, FUTEX_REQUEUE, 0, 1000, TO, 0) == count ? settled + 1 : 0;
  }
}

static void run(void) {
  pthread_t threads[waiters];
  words[0] = words[64] = 0;
  returned = 0;
  for (int i = 0; i < waiters; ++i) NEED(pthread_create(&threads[i], NULL, wait_once, NULL) == 0);
  move_all(waiters);
  SHOW(returned);
  SHOW(futex(FROM, FUTEX_WAKE, 1000, 0, NULL, 0));
  SHOW(futex(TO, FUTEX_CMP_REQUEUE, 0, 1000, FROM, 1));
  SHOW(futex(TO, FUTEX_CMP_REQUEUE, 1, 2, FROM, 0));
  SHOW(futex(FROM, FUTEX_WAKE, 1000, 0, NULL, 0));
  SHOW(futex(TO, FUTEX_REQUEUE, 0, 1000, TO, 0));
  SHOW(futex(TO, FUTEX_REQUEUE, 1, 0, FROM, 0));
  SHOW(futex(TO, FUTEX_REQUEUE, -1, 1, FROM, 0));
  SHOW(futex(TO, FUTEX_REQUEUE, 1, -1, FROM, 0));
  SHOW(futex(TO, FUTEX_REQUEUE, 1, 1, (atomic_int*)((char*)FROM + 2), 0));
  SHOW(futex(TO, FUTEX_WAKE, 1000, 0, NULL, 0));
  for (int i = 0; i < waiters; ++i) NEED(pthread_join(threads[i], NULL) == 0);
  SHOW(returned);

  // A wait that was moved ends at its time all the same, and then nobody is left.
  for (int moved = 0; !moved;) {
    expired = 0;
    NEED(pthread_create(&threads[0], NULL, wait_awhile, NULL) == 0);
    while (!expired && futex(FROM, FUTEX_CMP_REQUEUE, 0, 1, TO, 0) == 0) continue;
    NEED(pthread_join(threads[0], NULL) == 0);
    moved = expired;
  }
  SHOW(expired);
  SHOW(futex(FROM, FUTEX_WAKE, 1, 0, NULL, 0));
  SHOW(futex(TO, FUTEX_WAKE, 1, 0, NULL, 0));
}

CASE {
  say("private\n");
  private_flag = FUTEX_PRIVATE_FLAG;
  words = (atomic_int*)fresh_pages(1);
  run();
  say("private memory, not said to be\n");
  private_flag = 0;
  run();
  say("shared memory\n");
  words = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  NEED(words != MAP_FAILED);
  run();
}
