// mq_notify with SIGEV_THREAD runs a function in a thread of the process when a message comes: mq_notify(3).
// marks: fork, threads
// libs: -lrt
#include <semaphore.h>

#include "queue.h"

static sem_t called;
static mqd_t queue;

static void on_message(union sigval value) {
  char text[8];
  ssize_t size = mq_receive(queue, text, sizeof text, NULL);
  say("value %d, message %.*s\n", value.sival_int, (int)size, text);
  sem_post(&called);
}

CASE {
  struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = 8};
  queue = fresh_queue(O_RDWR | O_CREAT | O_EXCL, &attributes);
  NEED(sem_init(&called, 0, 0) == 0);
  struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_message};
  for (int i = 0; i < 3; i++) {
    event.sigev_value.sival_int = i;
    SHOW(mq_notify(queue, &event));
    pid_t child;
    START(child) NEED(mq_send(queue, &"abc"[i], 1, 0) == 0);
    NEED(ended(child) == 0);
    while (sem_wait(&called) != 0) continue;
  }
  SHOW(mq_notify(queue, &event));
  SHOW(mq_notify(queue, &event));
  SHOW(mq_notify(queue, NULL));
  SHOW(mq_unlink(queue_name));
}
