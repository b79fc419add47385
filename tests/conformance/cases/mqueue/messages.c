// Order by priority, sizes, a full and an empty queue: mq_send(3), mq_receive(3).
#include <mqueue.h>

#include "case.h"

static char text[8192];

static void take(mqd_t queue) {
  unsigned priority = 0;
  ssize_t size = mq_receive(queue, text, sizeof text, &priority);
  if (size < 0)
    say("take: %s\n", errno_name(errno));
  else
    say("take: %zd bytes, priority %u, %.*s\n", size, priority, (int)(size < 20 ? size : 20), text);
}

CASE {
  char name[32];
  snprintf(name, sizeof name, "/kx-%d", getpid());
  struct mq_attr attributes = {.mq_maxmsg = 5, .mq_msgsize = 8192};
  mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, &attributes);
  NEED(queue >= 0);
  NEED(mq_unlink(name) == 0);
  take(queue);
  SHOW(mq_send(queue, "low", 3, 1));
  SHOW(mq_send(queue, "high", 4, 32767));
  SHOW(mq_send(queue, "low too", 7, 1));
  SHOW(mq_send(queue, "", 0, 2));
  SHOW(mq_send(queue, "too high", 8, 32768));
  memset(text, 'l', sizeof text);
  SHOW(mq_send(queue, text, 8192, 0));
  SHOW(mq_send(queue, text, 1, 0));
  SHOW(mq_send(queue, text, 8193, 0));
  SHOW(mq_send(queue, (char*)8, 5, 0));
  SHOW(mq_receive(queue, text, 8191, NULL));
  for (int i = 0; i < 6; ++i) take(queue);
  CHECK(text[8191] == 'l');
  SHOW(mq_receive(-1, text, 8192, NULL));
  NEED(mq_send(queue, "lost?", 5, 0) == 0);
  SHOW(mq_close(queue));
}
