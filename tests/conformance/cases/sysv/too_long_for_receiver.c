// A message too long for the receiver that waits: it fails, the message stays: msgop(2), "E2BIG".
#include <pthread.h>
#include <sys/msg.h>

#include "case.h"

static int queue;

static void* receive(void* unused) {
  (void)unused;
  struct {
    long type;
    char text[16];
  } m;
  SHOW(msgrcv(queue, &m, 2, 0, 0));
  SHOW(msgrcv(queue, &m, 16, 0, 0));
  SHOW(msgrcv(queue, &m, 2, 0, MSG_NOERROR));
  return NULL;
}

CASE {
  queue = msgget(IPC_PRIVATE, 0600);
  NEED(queue >= 0);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, receive, NULL) == 0);
  struct {
    long type;
    char text[16];
  } m = {5, "hello"};
  usleep(30000);
  NEED(msgsnd(queue, &m, 6, 0) == 0);
  usleep(30000);
  NEED(msgsnd(queue, &m, 6, 0) == 0);
  NEED(pthread_join(thread, NULL) == 0);
  SHOW(msgctl(queue, IPC_RMID, NULL));
}
