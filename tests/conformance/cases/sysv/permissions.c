// Mode bits, owner and creator; root is refused nothing: sysvipc(7).
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "case.h"

CASE {
  key_t key = 0x4c000000 | (getpid() & 0xffffff);
  struct {
    long type;
    char text[8];
  } m = {1, "text"};
  int queue = msgget(key, IPC_CREAT | 0400);
  CHECK(queue >= 0);
  SHOW(msgsnd(queue, &m, 4, IPC_NOWAIT));
  SHOW(msgrcv(queue, &m, 4, 0, IPC_NOWAIT));
  STATUS(msgget(key, 0600));
  CHECK(msgget(key, 0400) == queue);
  struct msqid_ds state;
  SHOW(msgctl(queue, IPC_STAT, &state));
  state.msg_qbytes = 1000;
  state.msg_perm.mode = 0200;
  SHOW(msgctl(queue, IPC_SET, &state));
  SHOW(msgctl(queue, IPC_STAT, &state));
  SHOW(msgsnd(queue, &m, 4, IPC_NOWAIT));
  SHOW(msgrcv(queue, &m, 4, 0, IPC_NOWAIT));
  SHOW(msgctl(queue, IPC_RMID, NULL));

  int set = semget(key, 1, IPC_CREAT | 0400);
  SHOW(semop(set, &(struct sembuf){0, 1, 0}, 1));
  SHOW(semop(set, &(struct sembuf){0, 0, IPC_NOWAIT}, 1));
  SHOW(semctl(set, 0, SETVAL, 1));
  SHOW(semctl(set, 0, GETVAL));
  STATUS(semget(key, 1, 0200));
  SHOW(semctl(set, 0, IPC_RMID));

  int segment = shmget(key, 4096, IPC_CREAT | 0400);
  STATUS(shmat(segment, NULL, 0));
  STATUS(shmat(segment, NULL, SHM_RDONLY));
  STATUS(shmat(segment, NULL, SHM_RDONLY | SHM_EXEC));
  SHOW(shmctl(segment, IPC_RMID, NULL));
}
