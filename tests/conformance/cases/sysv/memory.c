// System V shared memory: attached before and after fork, counted, gone after the last detach: shmget(2), shmop(2).
// marks: fork, lane
#include <sys/ipc.h>
#include <sys/shm.h>

#include "relatives.h"

static long attached(int id) {
  struct shmid_ds information;
  NEED(shmctl(id, IPC_STAT, &information) == 0);
  return (long)information.shm_nattch;
}

CASE {
  int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600);
  NEED(id >= 0);
  char* memory = shmat(id, NULL, 0);
  NEED(memory != (void*)-1);
  strcpy(memory, "parent");
  SHOW(attached(id));
  pid_t child;
  START(child) {
    say("child: %s, attached %ld\n", memory, attached(id));
    char* again = shmat(id, NULL, 0);
    NEED(again != (void*)-1 && again != memory);
    say("child: %s, attached %ld\n", again, attached(id));
    strcpy(again + 5000, "child");
    NEED(shmdt(memory) == 0);
    say("child: attached %ld\n", attached(id));
  }
  reap("child", child);
  say("parent: %s, attached %ld\n", memory + 5000, attached(id));
  SHOW(shmctl(id, IPC_RMID, NULL));
  START(child) say("child after removal: %s\n", memory);
  reap("child", child);
  SHOW(shmdt(memory));
  SHOW(shmdt(memory));
  STATUS(shmat(id, NULL, 0));
}
