// A message queue is a descriptor: poll, epoll, dup: mq_overview(7).
#include <mqueue.h>
#include <poll.h>
#include <sys/epoll.h>

#include "case.h"

static void look(mqd_t queue) {
  struct pollfd entry = {queue, POLLIN | POLLOUT, 0};
  say("poll %d:%s%s\n", poll(&entry, 1, 0), entry.revents & POLLIN ? " in" : "", entry.revents & POLLOUT ? " out" : "");
}

CASE {
  char name[32], text[64] = {0};
  snprintf(name, sizeof name, "/kx-%d", getpid());
  struct mq_attr attributes = {.mq_maxmsg = 2, .mq_msgsize = 16};
  mqd_t queue = mq_open(name, O_RDWR | O_CREAT, 0600, &attributes);
  NEED(queue >= 0 && mq_unlink(name) == 0);
  look(queue);
  NEED(mq_send(queue, "one", 3, 0) == 0);
  look(queue);
  NEED(mq_send(queue, "two", 3, 0) == 0);
  look(queue);
  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.u32 = 7};
  SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, queue, &event));
  SHOW(epoll_wait(epoll, &event, 1, 0));
  CHECK(event.data.u32 == 7 && event.events == EPOLLIN);
  int copy = dup(queue);
  SHOW(mq_receive(copy, text, 16, NULL));
  look(queue);
  SHOW(close(queue));
  SHOW(mq_receive(copy, text, 16, NULL));
  look(copy);
}
