// Sleeps of different lengths are never short: nanosleep(2).
#include <time.h>

#include "case.h"

CASE {
  static const long lengths[] = {1, 1000, 60000, 1000000, 5000000};
  for (int i = 0; i < 5; i++) {
    int early = 0;
    for (int round = 0; round < 5; round++) {
      struct timespec start, end;
      clock_gettime(CLOCK_MONOTONIC, &start);
      nanosleep(&(struct timespec){0, lengths[i]}, NULL);
      clock_gettime(CLOCK_MONOTONIC, &end);
      early += (end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec < lengths[i];
    }
    say("%ld ns: %d early\n", lengths[i], early);
  }
}
