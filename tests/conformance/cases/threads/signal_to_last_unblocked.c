// A signal to the process is taken by whom does not block it, waits if all do, and then goes to who unblocks:
// signal(7). marks: threads
#include <pthread.h>
#include <stdatomic.h>

#include "relatives.h"

enum { count = 4 };
static struct gate turns[count], done;
static __thread long own = -1;
static int unblocks;
static atomic_int took, hits;

static void on_signal(int number) {
  (void)number;
  took = (int)own;
  hits++;
}

static void* body(void* number) {
  own = (long)number;
  for (;;) {
    pass_gate(turns[own]);
    if (!unblocks) return NULL;
    unblock_signal(SIGUSR1);
    while (hits == 0) nap();
    block_signal(SIGUSR1);
    open_gate(done);
  }
}

CASE {
  pthread_t threads[count];
  sigset_t pending;
  done = make_gate();
  handle(SIGUSR1, on_signal, 0);
  block_signal(SIGUSR1);
  for (long i = 0; i < count; i++) {
    turns[i] = make_gate();
    NEED(pthread_create(&threads[i], NULL, body, (void*)i) == 0);
  }
  unblocks = 1;
  for (int i = count - 1; i >= 0; i--) {
    hits = 0;
    NEED(kill(getpid(), SIGUSR1) == 0);
    NEED(sigpending(&pending) == 0);
    say("pending %d ", sigismember(&pending, SIGUSR1));
    open_gate(turns[i]);
    pass_gate(done);
    NEED(sigpending(&pending) == 0);
    say("taken by %d, %d times, pending %d\n", took, hits, sigismember(&pending, SIGUSR1));
  }
  for (int i = 0; i < count; i++) {
    hits = 0;
    open_gate(turns[i]);
    if (i % 2 == 0) nap();
    NEED(kill(getpid(), SIGUSR1) == 0);
    pass_gate(done);
    say("taken by %d\n", took);
  }
  unblocks = 0;
  for (int i = 0; i < count; i++) open_gate(turns[i]);
  for (int i = 0; i < count; i++) NEED(pthread_join(threads[i], NULL) == 0);
}
