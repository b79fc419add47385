// What shmctl(2) tells and sets.
#include <sys/shm.h>
#include <time.h>

#include "case.h"

CASE {
  int segment = shmget(IPC_PRIVATE, 10000, 0640);
  NEED(segment >= 0);
  struct shmid_ds state;
  SHOW(shmctl(segment, IPC_STAT, &state));
  CHECK(state.shm_cpid == getpid() && state.shm_lpid == 0);
  CHECK(state.shm_atime == 0 && state.shm_dtime == 0 && state.shm_ctime >= time(NULL) - 2);
  CHECK(state.shm_perm.uid == geteuid() && state.shm_perm.cgid == getegid());
  NEED(shmdt(shmat(segment, NULL, 0)) == 0);
  SHOW(shmctl(segment, IPC_STAT, &state));
  CHECK(state.shm_atime != 0 && state.shm_dtime != 0 && state.shm_lpid == getpid());
  state.shm_perm.mode = 0604;
  SHOW(shmctl(segment, IPC_SET, &state));
  SHOW(shmctl(segment, SHM_LOCK, NULL));
  SHOW(shmctl(segment, IPC_STAT, &state));
  say("mode %o\n", state.shm_perm.mode);
  SHOW(shmctl(segment, SHM_UNLOCK, NULL));
  SHOW(shmctl(segment, IPC_STAT, &state));
  say("mode %o\n", state.shm_perm.mode);
  SHOW(shmctl(segment, 99, &state));
  SHOW(shmctl(segment, IPC_STAT, (struct shmid_ds*)8));
  struct shminfo limits;
  CHECK(shmctl(0, IPC_INFO, (struct shmid_ds*)&limits) >= 0);
  say("shmmin %lu shmmni %lu\n", limits.shmmin, limits.shmmni);
  struct shm_info usage;
  int highest = shmctl(0, SHM_INFO, (struct shmid_ds*)&usage);
  CHECK(usage.used_ids >= 1 && usage.shm_tot >= 3);
  int found = 0;
  for (int i = 0; i <= highest; ++i) found |= shmctl(i, SHM_STAT, &state) == segment;
  CHECK(found);
  SHOW(shmctl(segment, IPC_RMID, NULL));
}
