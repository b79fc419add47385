// Names, modes, sizes and descriptors that are refused: mq_open(3).
// marks: fork
// libs: -lrt
#include "queue.h"

CASE {
  struct mq_attr attributes = {.mq_maxmsg = 2, .mq_msgsize = 8};
  mqd_t queue = fresh_queue(O_RDWR | O_CREAT | O_EXCL, &attributes);
  char text[8];
  SHOW(mq_open(queue_name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
  SHOW(mq_open("/kx-case-there-is-no-such-queue", O_RDWR));
  SHOW(mq_open("no-slash", O_RDWR));
  SHOW(mq_open("/two/slashes", O_RDWR | O_CREAT, 0600, NULL));
  SHOW(mq_receive(queue, text, 7, NULL));
  SHOW(mq_send(queue, text, 9, 0));
  SHOW(mq_send(queue, text, 1, 32768));
  SHOW(mq_send(0, text, 1, 0));
  SHOW(mq_receive(99, text, 8, NULL));
  SHOW(mq_unlink(queue_name));
  SHOW(mq_unlink(queue_name));
  pid_t child;
  START(child) SHOW(mq_send(queue, "x", 1, 0));
  reap("child that uses it after unlink", child);
  SHOW(mq_receive(queue, text, 8, NULL));
  SHOW(mq_close(queue));
  SHOW(mq_close(queue));
}
