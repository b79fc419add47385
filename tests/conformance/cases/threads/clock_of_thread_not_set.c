// The processor time clock of a thread cannot be set, nor that of the process: clock_settime(2).
// marks: threads
#include <pthread.h>
#include <time.h>

#include "case.h"

CASE {
  clockid_t own;
  struct timespec time = {1, 0}, wrong = {1, -1};
  NEED(pthread_getcpuclockid(pthread_self(), &own) == 0);
  SHOW(clock_settime(own, &time));
  SHOW(clock_settime(CLOCK_THREAD_CPUTIME_ID, &time));
  SHOW(clock_settime(CLOCK_PROCESS_CPUTIME_ID, &time));
  SHOW(clock_settime(CLOCK_MONOTONIC, &time));
  SHOW(clock_settime(CLOCK_REALTIME, &wrong));
}
