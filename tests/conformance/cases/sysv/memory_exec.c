// System V shared memory is detached by exec and by the end of a process: shmop(2).
// marks: fork
#include <sys/ipc.h>
#include <sys/shm.h>

#include "rerun.h"

static long attached(int id) {
  struct shmid_ds information;
  NEED(shmctl(id, IPC_STAT, &information) == 0);
  return (long)information.shm_nattch;
}

AGAIN {
  say("after exec: %ld\n", attached(atoi(words[0])));
  return 0;
}

CASE {
  int id = shmget(IPC_PRIVATE, KX_PAGE, IPC_CREAT | 0600);
  NEED(id >= 0 && shmat(id, NULL, 0) != (void*)-1);
  pid_t child;
  START(child) {
    char number[16];
    say("child: %ld\n", attached(id));
    snprintf(number, sizeof number, "%d", id);
    rerun(number, NULL);
  }
  reap("child", child);
  START(child) raise(SIGKILL);
  reap("child", child);
  SHOW(attached(id));
  SHOW(shmctl(id, IPC_RMID, NULL));
}
