// Attaching, detaching and removing shared memory: shmop(2), shmctl(2).
#include <sys/shm.h>
#include <time.h>

#include "case.h"

static int segment;

static void show(void) {
  struct shmid_ds state;
  if (shmctl(segment, IPC_STAT, &state) != 0) {
    say("  %s\n", errno_name(errno));
    return;
  }
  say("  size %lu, attached %lu, mode %o, last %s\n", state.shm_segsz, state.shm_nattch, state.shm_perm.mode,
      state.shm_lpid == getpid() ? "we" : "nobody");
}

CASE {
  segment = shmget(IPC_PRIVATE, 5000, 0600);
  NEED(segment >= 0);
  show();
  char* first = shmat(segment, NULL, 0);
  CHECK(first != (char*)-1 && first[0] == 0 && first[4999] == 0 && first[8191] == 0);
  show();
  strcpy(first, "seen by both");
  char* second = shmat(segment, NULL, SHM_RDONLY);
  CHECK(second != first);
  say("%s\n", second);
  show();
  first[6000] = 'x';
  CHECK(second[6000] == 'x');
  SHOW(mprotect(second, 4096, PROT_READ | PROT_WRITE));
  SHOW(shmdt(first + 4096));
  SHOW(shmdt(first + 1));
  SHOW(shmdt(first));
  show();
  SHOW(shmdt(first));
  SHOW(shmctl(segment, IPC_RMID, NULL));
  show();
  char* third = shmat(segment, NULL, 0);
  CHECK(third != (char*)-1);
  say("%s\n", third);
  SHOW(shmdt(third));
  SHOW(munmap(second, 8192));
  show();
  STATUS(shmat(segment, NULL, 0));
  STATUS(shmat(-1, NULL, 0));
  SHOW(shmctl(segment, IPC_RMID, NULL));
}
