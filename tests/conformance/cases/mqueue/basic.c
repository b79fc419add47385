// A POSIX message queue: priorities first, then order of sending; attributes: mq_overview(7).
// marks: fork, lane
// libs: -lrt
#include "queue.h"

CASE {
  struct mq_attr attributes = {.mq_maxmsg = 8, .mq_msgsize = 64};
  mqd_t queue = fresh_queue(O_RDWR | O_CREAT | O_EXCL, &attributes);
  pid_t child;
  START(child) {
    const unsigned priorities[] = {1, 5, 0, 5, 3};
    for (int i = 0; i < 5; i++) {
      char text[16];
      int size = snprintf(text, sizeof text, "message %d", i);
      NEED(mq_send(queue, text, (size_t)size + 1, priorities[i]) == 0);
    }
  }
  reap("child", child);
  SHOW(mq_getattr(queue, &attributes));
  say("%ld of %ld, size %ld, flags %ld\n", attributes.mq_curmsgs, attributes.mq_maxmsg, attributes.mq_msgsize,
      attributes.mq_flags);
  for (int i = 0; i < 5; i++) {
    char text[64] = "";
    unsigned priority;
    NEED(mq_receive(queue, text, sizeof text, &priority) >= 0);
    say("%u %s\n", priority, text);
  }
  SHOW(mq_unlink(queue_name));
}
