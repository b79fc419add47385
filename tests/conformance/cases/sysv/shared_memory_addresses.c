// Where a segment is attached: SHM_RND, SHM_REMAP, taken places: shmop(2).
#include <sys/shm.h>

#include "case.h"

CASE {
  int segment = shmget(IPC_PRIVATE, 3 * KX_PAGE, 0600);
  NEED(segment >= 0);
  char* room = fresh_pages(8);
  room[0] = 'p';
  STATUS(shmat(segment, room + 1, 0));
  STATUS(shmat(segment, room, 0));
  STATUS(shmat(segment, NULL, SHM_REMAP));
  STATUS(shmat(segment, (void*)8, SHM_REMAP | SHM_RND));
  CHECK(shmat(segment, room + KX_PAGE + 100, SHM_REMAP | SHM_RND) == room + KX_PAGE);
  room[KX_PAGE] = 's';
  CHECK(room[0] == 'p' && room[4 * KX_PAGE] == 0);
  NEED(munmap(room + 5 * KX_PAGE, 3 * KX_PAGE) == 0);
  CHECK(shmat(segment, room + 5 * KX_PAGE, 0) == room + 5 * KX_PAGE);
  CHECK(room[5 * KX_PAGE] == 's');
  struct shmid_ds state;
  SHOW(shmctl(segment, IPC_STAT, &state));
  SHOW(state.shm_nattch);
  NEED(mmap(room + 5 * KX_PAGE, 3 * KX_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED);
  SHOW(shmctl(segment, IPC_STAT, &state));
  SHOW(state.shm_nattch);
  SHOW(munmap(room + KX_PAGE, KX_PAGE));
  SHOW(shmctl(segment, IPC_STAT, &state));
  SHOW(state.shm_nattch);
  SHOW(room[2 * KX_PAGE]);
  SHOW(shmdt(room + KX_PAGE));
  SHOW(shmctl(segment, IPC_STAT, &state));
  SHOW(state.shm_nattch);
  SHOW(shmctl(segment, IPC_RMID, NULL));
}
