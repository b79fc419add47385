// Memory that one thread unmaps, drops or replaces is so for a thread that reads it all the time: munmap(2),
// madvise(2). marks: threads
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>

#include "relatives.h"

static volatile char* page;
static atomic_int stop, faulted, go_on, seen;
static sigjmp_buf escape;

static void on_fault(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  if (info->si_addr != (void*)page || info->si_code != SEGV_MAPERR) _exit(90);
  siglongjmp(escape, 1);
}

static void* reads(void* unused) {
  while (!stop) {
    if (sigsetjmp(escape, 1) == 0) {
      while (!stop) seen = *page;
    } else {
      faulted = 1;
      while (!go_on) sched_yield();
      go_on = 0;
    }
  }
  return unused;
}

static void map(char fill) {
  NEED(mmap((void*)page, KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page);
  *page = fill;
}

static void await(char value) {
  while (seen != value) sched_yield();
}

CASE {
  pthread_t thread;
  page = fresh_pages(1);
  *page = 1;
  handle_info(SIGSEGV, on_fault, 0);
  NEED(pthread_create(&thread, NULL, reads, NULL) == 0);
  for (int round = 0; round < 30; round++) {
    await(1);
    NEED(munmap((void*)page, KX_PAGE) == 0);
    while (!faulted) sched_yield();
    faulted = 0;
    map(2);
    go_on = 1;
    await(2);
    NEED(madvise((void*)page, KX_PAGE, MADV_DONTNEED) == 0);
    await(0);
    map(3);
    await(3);
    void* elsewhere = fresh_pages(1);
    *(char*)elsewhere = 4;
    NEED(mremap(elsewhere, KX_PAGE, KX_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page) == page);
    await(4);
    *page = 1;
  }
  stop = 1;
  NEED(pthread_join(thread, NULL) == 0);
  say("thirty rounds\n");
}
