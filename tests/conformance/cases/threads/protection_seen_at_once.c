// After mprotect returns no thread writes any more, however it wrote before: mprotect(2).
// marks: threads
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>

#include "relatives.h"

enum { rounds = 60 };
static volatile atomic_long* counter;
static atomic_int faults, stop, may_write;
static sigjmp_buf escape;

static void on_fault(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  if (info->si_addr != (void*)counter || info->si_code != SEGV_ACCERR) _exit(90);
  siglongjmp(escape, 1);
}

static void* counts(void* unused) {
  while (!stop) {
    while (!may_write && !stop) sched_yield();
    if (sigsetjmp(escape, 1) == 0) {
      while (!stop) (*counter)++;
    } else {
      may_write = 0;
      faults++;
    }
  }
  return unused;
}

CASE {
  pthread_t thread;
  int changes = 0;
  counter = (volatile atomic_long*)fresh_pages(1);
  handle_info(SIGSEGV, on_fault, 0);
  NEED(pthread_create(&thread, NULL, counts, NULL) == 0);
  for (int round = 1; round <= rounds; round++) {
    long before = *counter;
    may_write = 1;
    while (*counter == before) sched_yield();
    NEED(mprotect((void*)counter, KX_PAGE, PROT_READ) == 0);
    before = *counter;
    for (int i = 0; i < 1000; i++) changes += *counter != before;
    while (faults != round) sched_yield();
    changes += *counter != before;
    NEED(mprotect((void*)counter, KX_PAGE, PROT_READ | PROT_WRITE) == 0);
  }
  stop = 1;
  NEED(pthread_join(thread, NULL) == 0);
  say("faults %d changes while read-only %d\n", faults, changes);
}
