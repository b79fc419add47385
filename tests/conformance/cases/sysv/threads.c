// Many threads on one queue and one set of semaphores: nothing is lost, nothing comes twice: msgop(2), semop(2).
#include <pthread.h>
#include <sys/msg.h>
#include <sys/sem.h>

#include "case.h"

enum { senders = 3, receivers = 3, messages = 400 };

static int queue, set;
static long received[receivers], inside, violations;

struct message {
  long type;
  char text[2000];
};

static void* send_all(void* unused) {
  (void)unused;
  struct message m = {.type = 1};
  for (long i = 1; i <= messages; ++i) {
    memcpy(m.text, &i, sizeof i);
    NEED(msgsnd(queue, &m, sizeof m.text, 0) == 0);
  }
  return NULL;
}

static void* receive_all(void* sum) {
  struct message m;
  for (;;) {
    long value;
    NEED(msgrcv(queue, &m, sizeof m.text, -2, 0) >= 0);
    if (m.type == 2) return NULL;
    memcpy(&value, m.text, sizeof value);
    *(long*)sum += value;
  }
}

static void* exclude(void* unused) {
  (void)unused;
  for (int i = 0; i < 200; ++i) {
    NEED(semop(set, &(struct sembuf){0, -1, SEM_UNDO}, 1) == 0);
    if (__atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST) != 1) ++violations;
    __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    NEED(semop(set, &(struct sembuf){0, 1, SEM_UNDO}, 1) == 0);
  }
  return NULL;
}

CASE {
  queue = msgget(IPC_PRIVATE, 0600);
  set = semget(IPC_PRIVATE, 1, 0600);
  NEED(queue >= 0 && set >= 0);
  pthread_t threads[senders + receivers];
  for (int i = 0; i < receivers; ++i) NEED(pthread_create(&threads[senders + i], NULL, receive_all, &received[i]) == 0);
  for (int i = 0; i < senders; ++i) NEED(pthread_create(&threads[i], NULL, send_all, NULL) == 0);
  for (int i = 0; i < senders; ++i) NEED(pthread_join(threads[i], NULL) == 0);
  struct message end = {.type = 2};
  for (int i = 0; i < receivers; ++i) NEED(msgsnd(queue, &end, 0, 0) == 0);
  for (int i = 0; i < receivers; ++i) NEED(pthread_join(threads[senders + i], NULL) == 0);
  SHOW(received[0] + received[1] + received[2]);
  NEED(semctl(set, 0, SETVAL, 1) == 0);
  for (int i = 0; i < 4; ++i) NEED(pthread_create(&threads[i], NULL, exclude, NULL) == 0);
  for (int i = 0; i < 4; ++i) NEED(pthread_join(threads[i], NULL) == 0);
  SHOW(violations);
  SHOW(semctl(set, 0, GETVAL));
  SHOW(msgctl(queue, IPC_RMID, NULL));
  SHOW(semctl(set, 0, IPC_RMID));
}
