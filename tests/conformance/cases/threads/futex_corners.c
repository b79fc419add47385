// What FUTEX_WAKE_OP does to its second word and whom it wakes, and which calls of futex(2) are refused.
// marks: threads
// variants: static
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "relatives.h"

static int private_flag;
static int* words;
static atomic_int about_to_wait;

static long futex(int* at, int operation, int value, long fourth, int* other, int last) {
  return syscall(SYS_futex, at, operation | private_flag, value, fourth, other, last);
}

static void change(const char* what, int before, int operation) {
  words[64] = before;
  errno = 0;
  long result = futex(&words[0], FUTEX_WAKE_OP, 1, 1, &words[64], operation);
  say("%s: %ld %s, %d to %d\n", what, result, errno_name(errno), before, words[64]);
}

static void* wait_at(void* word) {
  atomic_fetch_add(&about_to_wait, 1);
  while (futex((int*)word, FUTEX_WAIT, 0, 0, NULL, 0) == -1 && errno == EINTR) continue;
  return NULL;
}

static void run(void) {
  change("set", 3, FUTEX_OP(FUTEX_OP_SET, 5, FUTEX_OP_CMP_EQ, 3));
  change("add", 3, FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_NE, 3));
  change("add negative", 3, FUTEX_OP(FUTEX_OP_ADD, 0xfff, FUTEX_OP_CMP_LT, 0xfff));
  change("or", 12, FUTEX_OP(FUTEX_OP_OR, 5, FUTEX_OP_CMP_LE, 12));
  change("andn", 15, FUTEX_OP(FUTEX_OP_ANDN, 5, FUTEX_OP_CMP_GT, 12));
  change("xor", 15, FUTEX_OP(FUTEX_OP_XOR, 5, FUTEX_OP_CMP_GE, 12));
  change("or shifted", 0, FUTEX_OP((FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT), 31, FUTEX_OP_CMP_EQ, 0));
  change("unknown operation", 1, FUTEX_OP(5, 5, FUTEX_OP_CMP_GE, 12));
  change("unknown comparison", 1, FUTEX_OP(FUTEX_OP_SET, 5, 7, 12));

  // Both words have a waiter: found out by moving each to where it is.
  pthread_t threads[2];
  words[0] = words[64] = 0;
  for (int i = 0; i < 2; i++) {
    NEED(pthread_create(&threads[i], NULL, wait_at, &words[64 * i]) == 0);
    while (futex(&words[64 * i], FUTEX_REQUEUE, 0, 1, &words[64 * i], 0) == 0) continue;
  }
  for (int i = 0; i < 3; i++) nap();  // one that the kernel wakes by mistake comes back
  SHOW(futex(&words[0], FUTEX_WAKE_OP, 5, 5, &words[64], FUTEX_OP(FUTEX_OP_SET, 1, FUTEX_OP_CMP_EQ, 0)));
  for (int i = 0; i < 2; i++) NEED(pthread_join(threads[i], NULL) == 0);

  words[64] = 0;
  SHOW(futex(&words[0], FUTEX_WAKE_OP, 1, 1, (int*)((char*)&words[64] + 1), FUTEX_OP(FUTEX_OP_SET, 1, 0, 0)));
  SHOW(futex(&words[0], FUTEX_WAKE_OP, 1, 1, NULL, FUTEX_OP(FUTEX_OP_SET, 1, 0, 0)));
  SHOW(futex((int*)((char*)&words[0] + 2), FUTEX_WAKE, 1, 0, NULL, 0));
  SHOW(futex(&words[0], FUTEX_WAKE_BITSET, 1, 0, NULL, 0));
  SHOW(futex(&words[0], FUTEX_WAIT_BITSET, 0, 0, NULL, 0));
  SHOW(futex(&words[0], FUTEX_WAIT_BITSET, 1, 0, NULL, 1));
  SHOW(futex(NULL, FUTEX_WAIT, 0, 0, NULL, 0));
  SHOW(futex(NULL, FUTEX_CMP_REQUEUE, 1, 1, &words[0], 0));
  struct timespec past = {0, 1}, wrong = {0, 1000000000}, negative = {-1, 0};
  SHOW(futex(&words[0], FUTEX_WAIT_BITSET, 0, (long)&past, NULL, -1));
  SHOW(futex(&words[0], FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, (long)&past, NULL, -1));
  SHOW(futex(&words[0], FUTEX_WAIT_BITSET, 1, (long)&past, NULL, -1));
  SHOW(futex(&words[0], FUTEX_WAIT, 0, (long)&wrong, NULL, 0));
  SHOW(futex(&words[0], FUTEX_WAIT, 0, (long)&negative, NULL, 0));
  SHOW(futex(&words[0], FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 0, (long)&past, NULL, 0));
  SHOW(futex(&words[0], FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, 0, NULL, 0));
}

CASE {
  say("private\n");
  private_flag = FUTEX_PRIVATE_FLAG;
  words = (int*)fresh_pages(1);
  run();
  say("shared\n");
  private_flag = 0;
  words = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  NEED(words != MAP_FAILED);
  run();
}
