// A waiting semop ends by removal, by a signal, by its time: semop(2).
// marks: fork
#include <sys/ipc.h>
#include <sys/sem.h>

#include "relatives.h"

static void on_signal(int number) {
  (void)number;
}

CASE {
  handle(SIGUSR1, on_signal, SA_RESTART);
  int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
  NEED(id >= 0);
  struct sembuf take = {0, -1, 0};
  struct timespec soon = {0, 10000000};
  SHOW(semtimedop(id, &take, 1, &soon));
  pid_t child;
  START(child) SHOW(semop(id, &take, 1));
  int status;
  while (waitpid(child, &status, WNOHANG) == 0) {
    kill(child, SIGUSR1);
    nap();
  }
  say_status("interrupted", status);
  START(child) SHOW(semop(id, &take, 1));
  while (semctl(id, 0, GETNCNT) == 0) nap();
  NEED(semctl(id, 0, IPC_RMID) == 0);
  reap("removed", child);
  SHOW(semop(id, &take, 1));
}
