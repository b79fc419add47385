// Requests and answers by two queues, which the child opens by name: mq_open(3).
// marks: fork
// libs: -lrt
#include "queue.h"

CASE {
  struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = sizeof(int)};
  mqd_t queue = fresh_queue(O_RDWR | O_CREAT | O_EXCL, &attributes);
  pid_t child;
  int answers[2];
  NEED(pipe(answers) == 0);
  START(child) {
    mqd_t own = mq_open(queue_name, O_RDONLY);
    NEED(own >= 0);
    int value, sum = 0;
    do {
      NEED(mq_receive(own, (char*)&value, sizeof value, NULL) == sizeof value);
      sum += value;
    } while (value != 0);
    NEED(write(answers[1], &sum, sizeof sum) == sizeof sum);
    SHOW(mq_send(own, "x", 1, 0));
  }
  for (int i = 100; i >= 0; i--) NEED(mq_send(queue, (char*)&i, sizeof i, 0) == 0);
  int sum;
  NEED(read(answers[0], &sum, sizeof sum) == sizeof sum);
  reap("child", child);
  SHOW(sum);
  SHOW(mq_unlink(queue_name));
}
