// SEM_UNDO takes a process's changes back at its end, not at fork or exec: semop(2).
// marks: fork, lane
#include <sys/ipc.h>
#include <sys/sem.h>

#include "rerun.h"

static int operate(int id, int change, int flags) {
  struct sembuf operation = {0, (short)change, (short)flags};
  return semop(id, &operation, 1);
}

AGAIN {
  say("after exec: %d\n", semctl(atoi(words[0]), 0, GETVAL));
  return 0;
}

CASE {
  int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
  NEED(id >= 0 && semctl(id, 0, SETVAL, 10) == 0);
  pid_t child, grandchild;
  START(child) {
    NEED(operate(id, -4, SEM_UNDO) == 0 && operate(id, 1, 0) == 0);
    START(grandchild) say("grandchild: %d\n", semctl(id, 0, GETVAL));
    reap("grandchild", grandchild);
    say("child: %d\n", semctl(id, 0, GETVAL));
  }
  reap("child", child);
  SHOW(semctl(id, 0, GETVAL));
  START(child) {
    NEED(operate(id, -5, SEM_UNDO) == 0);
    raise(SIGKILL);
  }
  reap("child", child);
  SHOW(semctl(id, 0, GETVAL));
  START(child) {
    NEED(operate(id, -3, SEM_UNDO) == 0);
    char number[16];
    snprintf(number, sizeof number, "%d", id);
    rerun(number, NULL);
  }
  reap("child", child);
  SHOW(semctl(id, 0, GETVAL));
  SHOW(semctl(id, 0, IPC_RMID));
}
