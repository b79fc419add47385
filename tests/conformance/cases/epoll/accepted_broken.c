// A peer that resets its connection while an event loop has it at hand, and numbers that are used again: tcp(7),
// close(2). marks: fork
#include "accepted.h"

static void reset(int fd) {
  struct linger now = {1, 0};
  NEED(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0 && close(fd) == 0);
}

static char* volatile nowhere = NULL;

CASE {
  int epoll = epoll_create1(0), ends[2], others[2];
  struct epoll_event event;
  signal(SIGPIPE, SIG_IGN);
  accepted_pair(epoll, ends);
  send_all(ends[0], "lost", 4);
  await_ready(epoll, ends[1], 4);
  reset(ends[0]);
  await(ends[1], POLLERR);
  SHOW(epoll_wait(epoll, &event, 1, 60000));
  char byte;
  SHOW(read(ends[1], &byte, 1) >= 0 || errno == ECONNRESET);
  SHOW(write(ends[1], "x", 1) == -1);
  NEED(close(ends[1]) == 0);

  accepted_pair(epoll, ends);
  send_all(ends[0], "of the first", 12);
  await_ready(epoll, ends[1], 12);
  int number = ends[1], listener = tcp_listener();
  others[0] = connected_to(listener);
  await(listener, POLLIN);
  NEED(close(ends[1]) == 0 && (others[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0);
  CHECK(others[1] == number);
  event = (struct epoll_event){.events = EPOLLIN, .data.fd = others[1]};
  NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, others[1], &event) == 0);
  show_text("nothing yet", others[1], 32);
  send_all(others[0], "of the second", 13);
  await_ready(epoll, others[1], 13);
  show_text("second", others[1], 32);
  NEED(write(others[1], "bad", 3) == 3 && write(others[1], nowhere, 4) == -1 && errno == EFAULT);
  show_text("good memory only", others[0], 3);
  send_all(others[0], "again", 5);
  await_ready(epoll, others[1], 5);
  SHOW(read(others[1], nowhere, 4));
  show_text("nothing is lost", others[1], 32);
}
