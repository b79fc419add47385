// A fault handler that opens the page lets the faulting instruction finish: mprotect(2), sigaction(2).
// variants: static,musl
#include "case.h"

static char* memory;
static volatile int faults;

static void repair(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  char* page = (char*)((uintptr_t)info->si_addr & ~(uintptr_t)(KX_PAGE - 1));
  faults++;
  if (mprotect(page, KX_PAGE, PROT_READ | PROT_WRITE) != 0) _exit(96);
}

CASE {
  enum { PAGES = 100 };
  memory = mmap(NULL, PAGES * KX_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(memory != MAP_FAILED);
  handle_info(SIGSEGV, repair, 0);
  for (int i = 0; i < PAGES; i++) ((volatile char*)memory)[i * KX_PAGE + i] = (char)i;
  SHOW(faults);
  long sum = 0;
  for (int i = 0; i < PAGES; i++) sum += memory[i * KX_PAGE + i];
  SHOW(sum);
}
