// A System V semaphore set between parent and child: waiting, all or nothing, waiting for zero: semop(2).
// marks: fork
#include <sys/ipc.h>
#include <sys/sem.h>

#include "relatives.h"

static int operate(int id, int number, int change, int flags) {
  struct sembuf operation = {(unsigned short)number, (short)change, (short)flags};
  return semop(id, &operation, 1);
}

CASE {
  int id = semget(IPC_PRIVATE, 3, IPC_CREAT | 0600);
  NEED(id >= 0);
  unsigned short values[3] = {0, 2, 0};
  SHOW(semctl(id, 0, SETALL, values));
  SHOW(operate(id, 0, -1, IPC_NOWAIT));
  struct sembuf both[2] = {{1, -1, 0}, {0, -1, IPC_NOWAIT}};
  SHOW(semop(id, both, 2));
  SHOW(semctl(id, 1, GETVAL));
  pid_t child;
  START(child) {
    NEED(operate(id, 0, -1, 0) == 0);
    say("child: past the first\n");
    NEED(operate(id, 2, 1, 0) == 0);
    NEED(operate(id, 1, 0, 0) == 0);
    say("child: zero\n");
  }
  while (semctl(id, 0, GETNCNT) == 0) nap();
  NEED(operate(id, 0, 1, 0) == 0 && operate(id, 2, -1, 0) == 0);
  while (semctl(id, 1, GETZCNT) == 0) nap();
  say("parent: the child waits for zero\n");
  NEED(operate(id, 1, -2, 0) == 0);
  reap("child", child);
  CHECK(semctl(id, 1, GETPID) == child);
  SHOW(semctl(id, 0, GETALL, values));
  say("%d %d %d\n", values[0], values[1], values[2]);
  SHOW(semctl(id, 0, IPC_RMID));
}
