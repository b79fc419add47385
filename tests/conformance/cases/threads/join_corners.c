// Joining with a time, a thread that has ended long ago, from another thread: pthread_join(3), pthread_timedjoin_np(3).
// marks: threads
#include <pthread.h>
#include <time.h>

#include "relatives.h"

static struct gate may_end, known;
static pthread_t one, other;

static void* waits(void* argument) {
  pass_gate(may_end);
  return argument;
}

static void* joins(void* unused) {
  pass_gate(known);
  SHOW_CODE(pthread_join(other, NULL));
  return unused;
}

CASE {
  void* result = NULL;
  struct timespec past = {1, 0}, far;
  may_end = make_gate();
  known = make_gate();
  NEED(pthread_create(&one, NULL, waits, (void*)5L) == 0);
  SHOW_CODE(pthread_timedjoin_np(one, &result, &past));
  SHOW_CODE(pthread_tryjoin_np(one, &result));
  NEED(clock_gettime(CLOCK_REALTIME, &far) == 0);
  far.tv_sec += 100;
  open_gate(may_end);
  SHOW_CODE(pthread_timedjoin_np(one, &result, &far));
  SHOW((long)result);
  NEED(pthread_create(&one, NULL, waits, (void*)6L) == 0);
  open_gate(may_end);
  int code;
  while ((code = pthread_tryjoin_np(one, &result)) == EBUSY) nap();
  say("%s %ld\n", errno_name(code), (long)result);
  NEED(pthread_create(&other, NULL, waits, NULL) == 0);
  NEED(pthread_create(&one, NULL, joins, NULL) == 0);
  open_gate(known);
  open_gate(may_end);
  NEED(pthread_join(one, NULL) == 0);
}
