// Waiting for a message, for room, and being woken by IPC_RMID: msgop(2).
#include <pthread.h>
#include <sys/msg.h>

#include "case.h"

static int queue;
static struct {
  long type;
  char text[8192];
} full = {9, ""};

static void* receive_two(void* unused) {
  (void)unused;
  struct {
    long type;
    char text[16];
  } m;
  for (int i = 0; i < 2; ++i) {
    long got = msgrcv(queue, &m, 16, 5, 0);
    say("received %ld %s\n", got, m.text);
  }
  errno = 0;
  SHOW(msgrcv(queue, &m, 16, 5, 0));
  return NULL;
}

static void* send_full(void* unused) {
  (void)unused;
  SHOW(msgsnd(queue, &full, 8192, 0));
  return NULL;
}

CASE {
  queue = msgget(IPC_PRIVATE, 0600);
  NEED(queue >= 0);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, receive_two, NULL) == 0);
  struct {
    long type;
    char text[16];
  } m = {5, "hello"};
  usleep(20000);
  NEED(msgsnd(queue, &m, 6, 0) == 0);
  strcpy(m.text, "again");
  usleep(20000);
  m.type = 4;
  NEED(msgsnd(queue, &m, 6, 0) == 0);
  m.type = 5;
  NEED(msgsnd(queue, &m, 6, 0) == 0);
  usleep(50000);
  NEED(msgctl(queue, IPC_RMID, NULL) == 0);
  NEED(pthread_join(thread, NULL) == 0);

  queue = msgget(IPC_PRIVATE, 0600);
  NEED(msgsnd(queue, &full, 8192, 0) == 0 && msgsnd(queue, &full, 8192, 0) == 0);
  NEED(pthread_create(&thread, NULL, send_full, NULL) == 0);
  usleep(30000);
  say("a message is taken\n");
  NEED(msgrcv(queue, &full, 8192, 0, 0) == 8192);
  NEED(pthread_join(thread, NULL) == 0);
  NEED(pthread_create(&thread, NULL, send_full, NULL) == 0);
  usleep(30000);
  NEED(msgctl(queue, IPC_RMID, NULL) == 0);
  NEED(pthread_join(thread, NULL) == 0);
}
