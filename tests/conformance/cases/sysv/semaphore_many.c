// A set of the largest size, and 500 operations at once: semget(2), semop(2).
#include <sys/sem.h>

#include "case.h"

CASE {
  int set = semget(IPC_PRIVATE, 32000, 0600);
  NEED(set >= 0);
  unsigned short* values = (unsigned short*)fresh_pages(16);
  for (int i = 0; i < 32000; ++i) values[i] = (unsigned short)i;
  SHOW(semctl(set, 0, SETALL, values));
  SHOW(semctl(set, 31999, GETVAL));
  static struct sembuf steps[500];
  for (int i = 0; i < 500; ++i) steps[i] = (struct sembuf){(unsigned short)(i * 64), 1, 0};
  SHOW(semop(set, steps, 500));
  memset(values, 0, 64000);
  SHOW(semctl(set, 0, GETALL, values));
  long sum = 0;
  for (int i = 0; i < 32000; ++i) sum += values[i];
  SHOW(sum);
  SHOW(values[64]);
  SHOW(semctl(set, 0, IPC_RMID));
}
