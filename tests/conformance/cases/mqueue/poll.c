// A queue is polled like other descriptors: mq_overview(7).
// marks: fork
// libs: -lrt
#include <poll.h>

#include "queue.h"

CASE {
  struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 8};
  mqd_t queue = fresh_queue(O_RDWR | O_CREAT | O_EXCL, &attributes);
  struct pollfd poller = {queue, POLLIN | POLLOUT, 0};
  SHOW(poll(&poller, 1, 0));
  SHOW(poller.revents);
  pid_t child;
  struct gate go = make_gate();
  START(child) {
    pass_gate(go);
    NEED(mq_send(queue, "x", 1, 0) == 0);
  }
  poller.events = POLLIN;
  open_gate(go);
  SHOW(poll(&poller, 1, -1));
  poller.events = POLLIN | POLLOUT;
  SHOW(poll(&poller, 1, 0));
  SHOW(poller.revents);
  reap("child", child);
  SHOW(mq_unlink(queue_name));
}
