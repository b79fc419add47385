// Objects by key are found by unrelated children; the same key serves all three kinds: ftok(3).
// marks: fork
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "rerun.h"

AGAIN {
  key_t key = ftok("key", 'x');
  int shm = shmget(key, 0, 0), sem = semget(key, 0, 0), msg = msgget(key, 0);
  NEED(shm >= 0 && sem >= 0 && msg >= 0);
  char* memory = shmat(shm, NULL, 0);
  NEED(memory != (void*)-1);
  say("memory %s, semaphore %d\n", memory, semctl(sem, 0, GETVAL));
  struct {
    long type;
    char text[8];
  } message;
  SHOW(msgrcv(msg, &message, 8, 0, IPC_NOWAIT));
  NEED(shmctl(shm, IPC_RMID, NULL) == 0 && semctl(sem, 0, IPC_RMID) == 0 && msgctl(msg, IPC_RMID, NULL) == 0);
  return 0;
}

CASE {
  close(file_with("key", ""));
  key_t key = ftok("key", 'x');
  int shm = shmget(key, KX_PAGE, IPC_CREAT | IPC_EXCL | 0600), sem = semget(key, 1, IPC_CREAT | IPC_EXCL | 0600),
      msg = msgget(key, IPC_CREAT | IPC_EXCL | 0600);
  NEED(shm >= 0 && sem >= 0 && msg >= 0);
  strcpy(shmat(shm, NULL, 0), "by key");
  NEED(semctl(sem, 0, SETVAL, 6) == 0);
  struct {
    long type;
    char text[8];
  } message = {1, "mail"};
  NEED(msgsnd(msg, &message, 5, 0) == 0);
  pid_t child;
  START(child) rerun("x", NULL);
  reap("child", child);
  SHOW(semctl(sem, 0, GETVAL));
  SHOW(msgget(key, 0));
  SHOW(shmget(key, 0, 0));
}
