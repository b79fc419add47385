// Each thread has an alternate stack of its own, and none when it begins: sigaltstack(2).
// marks: threads
// variants: musl
#include <pthread.h>

#include "relatives.h"

static __thread char* own_stack;
enum { size = 16 * KX_PAGE };

static void on_signal(int number) {
  char here;
  volatile char* at = &here;
  stack_t now;
  NEED(sigaltstack(NULL, &now) == 0);
  say("%s: on own stack %d, flags %d\n", signal_name(number), at > own_stack && at < own_stack + size, now.ss_flags);
  SHOW(sigaltstack(&now, NULL));
}

static void* body(void* unused) {
  stack_t none;
  NEED(sigaltstack(NULL, &none) == 0);
  say("at first flags %d size %zu\n", none.ss_flags, none.ss_size);
  own_stack = fresh_pages(16);
  stack_t mine = {.ss_sp = own_stack, .ss_size = size};
  SHOW(sigaltstack(&mine, NULL));
  NEED(raise(SIGUSR1) == 0);
  NEED(sigaltstack(NULL, &mine) == 0);
  CHECK(mine.ss_sp == own_stack && mine.ss_size == size);
  return unused;
}

CASE {
  handle(SIGUSR1, on_signal, SA_ONSTACK);
  own_stack = fresh_pages(16);
  stack_t mine = {.ss_sp = own_stack, .ss_size = size};
  SHOW(sigaltstack(&mine, NULL));
  for (int i = 0; i < 2; i++) {
    pthread_t thread;
    NEED(pthread_create(&thread, NULL, body, NULL) == 0);
    NEED(pthread_join(thread, NULL) == 0);
  }
  NEED(raise(SIGUSR1) == 0);
}
