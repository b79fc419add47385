// Three consumers share the records of two producers; none is lost or doubled: pipe(7).
// marks: fork
#include "relatives.h"

CASE {
  int ends[2];
  long* sums = shared_memory(KX_PAGE);
  NEED(pipe(ends) == 0);
  pid_t consumers[3], producers[2];
  for (int i = 0; i < 3; i++) START(consumers[i]) {
      int record;
      close(ends[1]);
      while (read(ends[0], &record, sizeof record) == sizeof record) {
        sums[i * 8] += record;
        sums[i * 8 + 1]++;
      }
    }
  for (int i = 0; i < 2; i++) START(producers[i]) for (int j = 1; j <= 500; j++) {
      int record = i * 1000 + j;
      NEED(write(ends[1], &record, sizeof record) == sizeof record);
    }
  close(ends[1]);
  for (int i = 0; i < 2; i++) reap("producer", producers[i]);
  for (int i = 0; i < 3; i++) reap("consumer", consumers[i]);
  say("%ld records, sum %ld\n", sums[1] + sums[9] + sums[17], sums[0] + sums[8] + sums[16]);
}
