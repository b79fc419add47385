// shmget, shmat and shmctl: keys, sizes, read-only attachments, errors: shmget(2).
// marks: fork
#include <sys/ipc.h>
#include <sys/shm.h>

#include "relatives.h"

CASE {
  close(file_with("key", ""));
  key_t key = ftok("key", 'k');
  NEED(key != -1);
  SHOW(shmget(key, 5000, 0600));
  int id = shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0600);
  NEED(id >= 0);
  SHOW(shmget(key, 5000, IPC_CREAT | IPC_EXCL | 0600));
  SHOW(shmget(key, 20000, 0600));
  CHECK(shmget(key, 0, 0) == id);
  SHOW(shmget(IPC_PRIVATE, 0, IPC_CREAT | 0600));
  struct shmid_ds information;
  NEED(shmctl(id, IPC_STAT, &information) == 0);
  say("size %ld, mode %o, made by this process %d\n", (long)information.shm_segsz, information.shm_perm.mode & 0777,
      information.shm_cpid == getpid());
  pid_t child;
  START(child) {
    char* memory = shmat(id, NULL, SHM_RDONLY);
    NEED(memory != (void*)-1);
    say("child reads %d\n", *memory);
    *memory = 1;
  }
  reap("child that writes", child);
  STATUS(shmat(id, (void*)1, 0));
  STATUS(shmat(-1, NULL, 0));
  SHOW(shmdt((void*)4096));
  SHOW(shmctl(id, 99, NULL));
  SHOW(shmctl(id, IPC_RMID, NULL));
  SHOW(shmctl(id, IPC_RMID, NULL));
}
