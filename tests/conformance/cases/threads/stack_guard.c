// The pages below a thread's stack fault, in the handler's own stack; a stack may be given: pthread_attr_setstack(3).
// marks: threads
#include <pthread.h>

#include "fault.h"

static int depth_reached;

static __attribute__((noinline)) int descend(int depth) {
  volatile char room[2000];
  room[0] = (char)depth;
  depth_reached = depth;
  return descend(depth + 1) + room[0];
}

static void on_stack_end(int number, siginfo_t* info, void* context) {
  (void)info, (void)context;
  fault_signal = number;
  siglongjmp(fault_escape, 1);
}

static void* overflows(void* unused) {
  stack_t alternate = {.ss_sp = fresh_pages(16), .ss_size = 16 * KX_PAGE};
  NEED(sigaltstack(&alternate, NULL) == 0);
  handle_info(SIGSEGV, on_stack_end, SA_ONSTACK);
  if (sigsetjmp(fault_escape, 1) == 0)
    say("%d\n", descend(0));
  else
    say("%s, %s\n", signal_name(fault_signal),
        depth_reached > 100 && depth_reached < 300 ? "about there" : "ELSEWHERE");
  return unused;
}

static void* on_given(void* stack) {
  char here;
  volatile char* at = &here;
  say("%d\n", (char*)stack < at && at < (char*)stack + 16 * KX_PAGE);
  return stack;
}

CASE {
  pthread_attr_t attributes;
  pthread_t thread;
  NEED(pthread_attr_init(&attributes) == 0);
  SHOW_CODE(pthread_attr_setstacksize(&attributes, 4096));
  SHOW_CODE(pthread_attr_setstacksize(&attributes, 128 * KX_PAGE));
  SHOW_CODE(pthread_attr_setguardsize(&attributes, 4 * KX_PAGE));
  for (int i = 0; i < 2; i++) {
    NEED(pthread_create(&thread, &attributes, overflows, NULL) == 0);
    NEED(pthread_join(thread, NULL) == 0);
  }
  char* stack = fresh_pages(16);
  NEED(pthread_attr_setstack(&attributes, stack, 16 * KX_PAGE) == 0);
  NEED(pthread_create(&thread, &attributes, on_given, stack) == 0);
  NEED(pthread_join(thread, NULL) == 0);
  SHOW(munmap(stack, 16 * KX_PAGE));
}
