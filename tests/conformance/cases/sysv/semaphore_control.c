// What semctl(2) tells and sets.
#include <sys/sem.h>
#include <time.h>

#include "case.h"

CASE {
  int set = semget(IPC_PRIVATE, 4, 0620);
  NEED(set >= 0);
  struct semid_ds state;
  SHOW(semctl(set, 0, IPC_STAT, &state));
  say("mode %o, %lu semaphores\n", state.sem_perm.mode, state.sem_nsems);
  CHECK(state.sem_otime == 0 && state.sem_ctime >= time(NULL) - 2);
  CHECK(state.sem_perm.cuid == geteuid() && state.sem_perm.cgid == getegid());
  SHOW(semctl(set, 1, SETVAL, 7));
  SHOW(semctl(set, 1, GETVAL));
  CHECK(semctl(set, 1, GETPID) == getpid());
  SHOW(semctl(set, 2, GETPID));
  SHOW(semctl(set, 1, SETVAL, 32767));
  SHOW(semctl(set, 1, SETVAL, 32768));
  SHOW(semctl(set, 1, SETVAL, -1));
  SHOW(semctl(set, 4, SETVAL, 1));
  SHOW(semctl(set, 4, GETVAL));
  SHOW(semctl(set, -1, GETVAL));
  unsigned short all[4] = {1, 2, 3, 4};
  SHOW(semctl(set, 99, SETALL, all));
  SHOW(semctl(set, 3, GETVAL));
  all[2] = 40000;
  SHOW(semctl(set, 0, SETALL, all));
  SHOW(semctl(set, 0, SETALL, (unsigned short*)8));
  SHOW(semctl(set, 0, GETALL, (unsigned short*)8));
  memset(all, 0, sizeof all);
  SHOW(semctl(set, 0, GETALL, all));
  say("%d %d %d %d\n", all[0], all[1], all[2], all[3]);
  SHOW(semop(set, (struct sembuf[]){{0, 0, IPC_NOWAIT}}, 1));
  SHOW(semop(set, (struct sembuf[]){{0, -1, 0}, {0, 0, 0}}, 2));
  SHOW(semctl(set, 0, IPC_STAT, &state));
  CHECK(state.sem_otime != 0);
  state.sem_perm.mode = 0444;
  SHOW(semctl(set, 0, IPC_SET, &state));
  SHOW(semctl(set, 0, IPC_STAT, &state));
  say("mode %o\n", state.sem_perm.mode);
  SHOW(semctl(set, 0, GETNCNT));
  SHOW(semctl(set, 0, GETZCNT));
  SHOW(semctl(set, 0, 99));
  struct seminfo info;
  CHECK(semctl(0, 0, IPC_INFO, &info) >= 0);
  say("semmsl %d semopm %d semvmx %d semaem %d\n", info.semmsl, info.semopm, info.semvmx, info.semaem);
  int highest = semctl(0, 0, SEM_INFO, &info);
  CHECK(info.semusz >= 1 && info.semaem >= 4);
  int found = 0;
  for (int i = 0; i <= highest; ++i) found |= semctl(i, 0, SEM_STAT, &state) == set;
  CHECK(found);
  SHOW(semctl(set, 0, IPC_RMID));
  SHOW(semctl(set, 0, IPC_RMID));
  SHOW(semctl(set, 0, GETALL, all));
}
