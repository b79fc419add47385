// Detached threads end by themselves, hundreds in a row; they cannot be joined, nor detached twice: pthread_detach(3).
// marks: threads
#include <pthread.h>
#include <stdatomic.h>

#include "relatives.h"

static struct gate done, may_end;

static void* body(void* argument) {
  open_gate(done);
  return argument;
}

static void* waits(void* argument) {
  pass_gate(may_end);
  open_gate(done);
  return argument;
}

CASE {
  pthread_attr_t detached;
  pthread_t thread;
  int state;
  done = make_gate();
  may_end = make_gate();
  NEED(pthread_attr_init(&detached) == 0);
  SHOW_CODE(pthread_attr_setdetachstate(&detached, 17));
  SHOW_CODE(pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED));
  NEED(pthread_attr_getdetachstate(&detached, &state) == 0);
  CHECK(state == PTHREAD_CREATE_DETACHED);
  for (int i = 0; i < 300; i++) {
    NEED(pthread_create(&thread, &detached, body, NULL) == 0);
    pass_gate(done);
  }
  NEED(pthread_create(&thread, NULL, waits, NULL) == 0);
  SHOW_CODE(pthread_tryjoin_np(thread, NULL));
  SHOW_CODE(pthread_detach(thread));
  SHOW_CODE(pthread_join(thread, NULL));
  SHOW_CODE(pthread_detach(thread));
  open_gate(may_end);
  pass_gate(done);
  SHOW_CODE(pthread_join(pthread_self(), NULL));
}
