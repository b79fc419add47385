// Opening and removing queues: flags, attributes, names: mq_open(3), mq_unlink(3).
#include <mqueue.h>

#include "case.h"

CASE {
  char name[32];
  snprintf(name, sizeof name, "/kx-%d", getpid());
  SHOW(mq_open(name, O_RDWR));
  struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = 100};
  mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0640, &attributes);
  CHECK(queue >= 0);
  SHOW(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
  mqd_t reader = mq_open(name, O_RDONLY | O_NONBLOCK);
  CHECK(reader >= 0);
  CHECK(fcntl(queue, F_GETFD) == FD_CLOEXEC);
  struct mq_attr got;
  SHOW(mq_getattr(reader, &got));
  say("flags %lo maxmsg %ld msgsize %ld now %ld\n", got.mq_flags, got.mq_maxmsg, got.mq_msgsize, got.mq_curmsgs);
  got.mq_flags = 0;
  SHOW(mq_setattr(reader, &got, NULL));
  SHOW(fcntl(reader, F_GETFL) & O_NONBLOCK);
  got.mq_flags = O_NONBLOCK;
  SHOW(mq_setattr(reader, &got, &attributes));
  SHOW(attributes.mq_flags);
  SHOW(fcntl(reader, F_GETFL) & O_NONBLOCK);
  struct stat status;
  SHOW(fstat(queue, &status));
  say("mode %o\n", status.st_mode);
  SHOW(mq_send(reader, "x", 1, 0));
  SHOW(mq_close(reader));
  SHOW(mq_close(reader));
  attributes = (struct mq_attr){.mq_maxmsg = 0, .mq_msgsize = 100};
  SHOW(mq_open("/kx-other", O_RDWR | O_CREAT, 0600, &attributes));
  SHOW(mq_unlink(name));
  SHOW(mq_unlink(name));
  SHOW(mq_send(queue, "alive", 5, 0));
  SHOW(mq_close(queue));
  SHOW(mq_open("/", O_RDWR));
  SHOW(mq_open("/a/b", O_RDWR | O_CREAT, 0600, NULL));
  SHOW(mq_getattr(STDOUT_FILENO, &got));
}
