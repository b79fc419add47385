// Keys: IPC_CREAT, IPC_EXCL, sizes of what exists, ftok: msgget(2), semget(2), shmget(2).
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "case.h"

CASE {
  key_t key = 0x4b000000 | (getpid() & 0xffffff);
  SHOW(msgget(key, 0600));
  int queue = msgget(key, IPC_CREAT | 0600);
  CHECK(queue >= 0 && msgget(key, 0) == queue && msgget(key, IPC_CREAT | 0600) == queue);
  SHOW(msgget(key, IPC_CREAT | IPC_EXCL | 0600));
  int private = msgget(IPC_PRIVATE, 0600 | IPC_EXCL);
  CHECK(private >= 0 && private != queue);
  SHOW(msgctl(private, IPC_RMID, NULL));
  SHOW(msgctl(queue, IPC_RMID, NULL));
  SHOW(msgget(key, 0));

  SHOW(semget(key, 1, 0600));
  int set = semget(key, 3, IPC_CREAT | 0600);
  CHECK(set >= 0 && semget(key, 0, 0) == set && semget(key, 3, 0) == set);
  SHOW(semget(key, 4, 0));
  SHOW(semget(key, 4, IPC_CREAT | IPC_EXCL));
  SHOW(semctl(set, 0, IPC_RMID));

  SHOW(shmget(key, 100, 0600));
  int segment = shmget(key, 5000, IPC_CREAT | 0600);
  CHECK(segment >= 0 && shmget(key, 0, 0) == segment && shmget(key, 5000, 0) == segment);
  SHOW(shmget(key, 5001, 0));
  SHOW(shmget(key, 5000, IPC_CREAT | IPC_EXCL));
  SHOW(shmctl(segment, IPC_RMID, NULL));
  SHOW(shmget(IPC_PRIVATE, 0, 0600));
  SHOW(shmget(IPC_PRIVATE, (size_t)-1, 0600));

  int again = msgget(key, IPC_CREAT | 0600);
  CHECK(again >= 0 && again != queue);
  SHOW(msgctl(queue, IPC_STAT, &(struct msqid_ds){0}));
  SHOW(msgctl(again, IPC_RMID, NULL));
}
