// System V IPC and POSIX shared memory by owner, group and others: svipc(7), shm_open(3).
// libs: -lrt
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "identity.h"

static int queue, semaphores, segment;

static void look(void) {
  struct msqid_ds information;
  char text[16];
  snprintf(text, sizeof text, "%u:%u", geteuid(), getegid());
  say("%s: msgsnd %s", text, msgsnd(queue, &(struct { long type; char c; }){1, 'x'}, 1, 0) == 0 ? "ok" : errno_name(errno));
  say(", stat %s", msgctl(queue, IPC_STAT, &information) == 0 ? "ok" : errno_name(errno));
  say(", semop %s", semop(semaphores, &(struct sembuf){0, 1, 0}, 1) == 0 ? "ok" : errno_name(errno));
  say(", value %s", semctl(semaphores, 0, GETVAL) >= 0 ? "ok" : errno_name(errno));
  void* at = shmat(segment, NULL, 0);
  say(", shmat %s", at != (void*)-1 ? "ok" : errno_name(errno));
  at = shmat(segment, NULL, SHM_RDONLY);
  say(", read-only %s", at != (void*)-1 ? "ok" : errno_name(errno));
  say(", remove %s\n", shmctl(segment, IPC_RMID, NULL) == 0 ? "ok" : errno_name(errno));
}

CASE {
  if (!is_root()) return;
  pid_t pid;
  NEED(setegid(101) == 0 && seteuid(100) == 0);
  queue = msgget(IPC_PRIVATE, 0620);
  semaphores = semget(IPC_PRIVATE, 1, 0640);
  segment = shmget(IPC_PRIVATE, 4096, 0644);
  NEED(queue >= 0 && semaphores >= 0 && segment >= 0);
  NEED(seteuid(0) == 0);
  const unsigned who[][2] = {{102, 101}, {103, 103}, {100, 9}};
  for (int i = 0; i < 3; i++) {
    START(pid) {
      NEED(setgid(who[i][1]) == 0 && setuid(who[i][0]) == 0);
      look();
    }
    reap("user", pid);
  }
  msgctl(queue, IPC_RMID, NULL);
  semctl(semaphores, 0, IPC_RMID);
}
