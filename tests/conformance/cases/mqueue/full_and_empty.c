// A full queue and an empty one: EAGAIN, time limits, and waiting for another process: mq_send(3), mq_receive(3).
// marks: fork
// libs: -lrt
#include "queue.h"

CASE {
  struct mq_attr attributes = {.mq_maxmsg = 2, .mq_msgsize = 8}, old;
  mqd_t queue = fresh_queue(O_RDWR | O_CREAT | O_EXCL, &attributes);
  char text[8];
  struct timespec past = {1, 0};
  SHOW(mq_timedreceive(queue, text, 8, NULL, &past));
  NEED(mq_send(queue, "1", 2, 0) == 0 && mq_send(queue, "2", 2, 0) == 0);
  SHOW(mq_timedsend(queue, "3", 2, 0, &past));
  attributes.mq_flags = O_NONBLOCK;
  SHOW(mq_setattr(queue, &attributes, &old));
  pid_t child;
  START(child) {
    SHOW(mq_send(queue, "3", 2, 0));
    attributes.mq_flags = 0;
    NEED(mq_setattr(queue, &attributes, NULL) == 0);
  }
  reap("child", child);
  START(child) NEED(mq_send(queue, "3", 2, 0) == 0);
  nap();
  SHOW(mq_receive(queue, text, 8, NULL));
  reap("child", child);
  SHOW(mq_receive(queue, text, 8, NULL));
  SHOW(mq_receive(queue, text, 8, NULL));
  say("%s\n", text);
  SHOW(mq_unlink(queue_name));
}
