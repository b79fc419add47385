// exit in a thread runs the exit handlers, gives its status, and ends those that block: exit(3).
// marks: threads
// variants: musl
#include <pthread.h>
#include <stdatomic.h>

#include "relatives.h"

static struct gate never;
static atomic_int begun;

static void at_end(void) {
  say("exit handler\n");
}

static void* blocks(void* unused) {
  begun++;
  pass_gate(never);
  return unused;
}

static void* spins(void* unused) {
  begun++;
  for (;;) begun++;
  return unused;
}

static void* ends(void* unused) {
  while (begun < 2) nap();
  say("ends\n");
  exit(43);
  return unused;
}

CASE {
  pthread_t thread;
  never = make_gate();
  NEED(atexit(at_end) == 0);
  NEED(pthread_create(&thread, NULL, blocks, NULL) == 0);
  NEED(pthread_create(&thread, NULL, spins, NULL) == 0);
  NEED(pthread_create(&thread, NULL, ends, NULL) == 0);
  pthread_join(thread, NULL);
  say("NOT REACHED\n");
}
