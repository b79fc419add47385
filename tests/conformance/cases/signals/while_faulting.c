// Signals that come while pages are faulted in: each page is there, and zero, whenever they come. signal(7), madvise(2)
// marks: fork
#include "relatives.h"

static volatile sig_atomic_t seen;
static void on_signal(int number) {
  (void)number;
  seen++;
}

CASE {
  enum { signals = 100, pages = 256 };
  handle(SIGUSR1, on_signal, 0);
  char* memory = fresh_pages(pages);
  NEED(madvise(memory, pages * KX_PAGE, MADV_NOHUGEPAGE) == 0);
  const pid_t parent = getpid();
  pid_t child;
  START(child) {
    for (;;) {
      kill(parent, SIGUSR1);
      for (volatile int i = 0; i < 3000; i++) continue;
    }
  }
  long wrong = 0;
  while (seen < signals) {
    for (int i = 0; i < pages; i += 16) {
      wrong += memory[i * KX_PAGE] != 0;
      memory[i * KX_PAGE] = 1;
    }
    NEED(madvise(memory, pages * KX_PAGE, MADV_DONTNEED) == 0);
  }
  SHOW(wrong);
  NEED(kill(child, SIGKILL) == 0);
  reap("sender", child);
}
