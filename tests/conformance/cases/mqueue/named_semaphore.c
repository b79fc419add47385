// Named semaphores: opened by the child anew, alive after unlink: sem_overview(7).
// marks: fork
// libs: -lrt
#include <semaphore.h>
#include <sys/random.h>

#include "relatives.h"

CASE {
  char name[64];
  uint64_t number;
  NEED(getrandom(&number, sizeof number, 0) == sizeof number);
  snprintf(name, sizeof name, "/kx-case-%016lx", number);
  sem_t* semaphore = sem_open(name, O_CREAT | O_EXCL, 0600, 1);
  NEED(semaphore != SEM_FAILED);
  STATUS(sem_open(name, O_CREAT | O_EXCL, 0600, 1) == SEM_FAILED ? -1 : 0);
  int value;
  pid_t child;
  START(child) {
    sem_t* own = sem_open(name, 0);
    NEED(own != SEM_FAILED);
    SHOW(sem_trywait(own));
    SHOW(sem_trywait(own));
    SHOW(sem_unlink(name));
  }
  reap("child", child);
  SHOW(sem_getvalue(semaphore, &value));
  SHOW(value);
  START(child) {
    nap();
    NEED(sem_post(semaphore) == 0);
  }
  SHOW(sem_wait(semaphore));
  reap("child", child);
  SHOW(sem_unlink(name));
  STATUS(sem_open(name, 0) == SEM_FAILED ? -1 : 0);
  SHOW(sem_close(semaphore));
}
