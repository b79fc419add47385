// A small server's connections, watched by epoll: accepted, without waiting.
#ifndef KX_ACCEPTED_H
#define KX_ACCEPTED_H

#include <sys/epoll.h>

#include "net.h"

// ends[0] connected, ends[1] accepted and watched for what it receives.
static KX_UNUSED void accepted_pair(int epoll, int ends[2]) {
  int listener = tcp_listener();
  ends[0] = connected_to(listener);
  NEED((ends[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0 && close(listener) == 0);
  NEED(set_option(ends[0], IPPROTO_TCP, TCP_NODELAY, 1) == 0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = ends[1]};
  NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[1], &event) == 0);
}

// Waits until `fd` is ready, as an event loop does, twice: what is known of a connection is of the last wait.
static KX_UNUSED void await_ready(int epoll, int fd, int bytes) {
  struct epoll_event event;
  await_bytes(fd, bytes);
  for (int i = 0; i < 2; i++) NEED(epoll_wait(epoll, &event, 1, 60000) == 1 && event.data.fd == fd);
}

// Reads and says what came.
static KX_UNUSED void show_text(const char* when, int fd, size_t size) {
  char text[64] = "";
  NEED(size < sizeof text);
  ssize_t got = read(fd, text, size);
  if (got < 0)
    say("%s: %s\n", when, errno_name(errno));
  else
    say("%s: %zd \"%s\"\n", when, got, text);
}

#endif
