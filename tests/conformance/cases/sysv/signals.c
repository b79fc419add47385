// A handler ends msgsnd, msgrcv, semop and semtimedop with EINTR, whatever SA_RESTART says: signal(7).
#include <pthread.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <time.h>

#include "case.h"

static pthread_t waiting;
static volatile int handled, stop;

static void on_signal(int number) {
  (void)number;
  handled = 1;
}

// Sends until the handler ran: the signal must not come before the wait, so there is time between two.
static void* disturb(void* unused) {
  (void)unused;
  while (!stop) {
    usleep(30000);
    pthread_kill(waiting, SIGUSR1);
  }
  return NULL;
}

CASE {
  handle(SIGUSR1, on_signal, SA_RESTART);
  waiting = pthread_self();
  int queue = msgget(IPC_PRIVATE, 0600), set = semget(IPC_PRIVATE, 1, 0600);
  NEED(queue >= 0 && set >= 0);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, disturb, NULL) == 0);
  struct {
    long type;
    char text[8192];
  } m = {1, ""};
  SHOW(msgrcv(queue, &m, 16, 0, 0));
  NEED(msgsnd(queue, &m, 8192, 0) == 0 && msgsnd(queue, &m, 8192, 0) == 0);
  SHOW(msgsnd(queue, &m, 8192, 0));
  struct sembuf take = {0, -1, 0};
  SHOW(semop(set, &take, 1));
  SHOW(semtimedop(set, &take, 1, &(struct timespec){100, 0}));
  CHECK(handled);
  stop = 1;
  NEED(pthread_join(thread, NULL) == 0);
  SHOW(semctl(set, 0, GETNCNT));
  SHOW(semctl(set, 0, GETVAL));
  SHOW(msgctl(queue, IPC_RMID, NULL));
  SHOW(semctl(set, 0, IPC_RMID));
}
