// A thread that sends another signals in a loop leaves it time for its own work: pthread_kill(3), signal(7)
// marks: threads
#include <pthread.h>

#include "case.h"

static volatile sig_atomic_t seen;
static volatile int done;
static pthread_t first;

static void on_signal(int number) {
  (void)number;
  seen++;
}

static void* sender(void* unused) {
  (void)unused;
  while (!done) {
    pthread_kill(first, SIGUSR1);
    for (volatile int i = 0; i < 3000; i++) continue;
  }
  return NULL;
}

CASE {
  enum { signals = 100, pages = 256 };
  handle(SIGUSR1, on_signal, 0);
  char* memory = fresh_pages(pages);
  NEED(madvise(memory, pages * KX_PAGE, MADV_NOHUGEPAGE) == 0);
  first = pthread_self();
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, sender, NULL) == 0);
  long wrong = 0;
  for (int round = 0; round < 20 || seen < signals; round++) {
    for (int i = 0; i < pages; i += 16) {
      wrong += memory[i * KX_PAGE] != 0;
      memory[i * KX_PAGE] = 1;
    }
    NEED(madvise(memory, pages * KX_PAGE, MADV_DONTNEED) == 0);
  }
  done = 1;
  NEED(pthread_join(thread, NULL) == 0);
  SHOW(wrong);
}
