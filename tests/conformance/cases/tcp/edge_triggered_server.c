// A server with edge-triggered epoll over TCP: requests in pieces, pipelined ones, peers that go: epoll(7).
// marks: fork
#include <sys/epoll.h>

#include "net.h"

static int watch(int poller, int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  return epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

// Answers each line with its length; gives 0 at the end.
static int serve(int fd, int* length) {
  char text[64];
  for (;;) {
    ssize_t got = recv(fd, text, sizeof text, 0);
    if (got == -1 && errno == EAGAIN) return 1;
    if (got <= 0) return 0;
    for (ssize_t i = 0; i < got; i++) {
      if (text[i] != '\n') {
        ++*length;
        continue;
      }
      char answer[16];
      int size = snprintf(answer, sizeof answer, "%d\n", *length);
      NEED(send(fd, answer, (size_t)size, MSG_NOSIGNAL) == size);
      *length = 0;
    }
  }
}

CASE {
  int listener = tcp_listener(), poller = epoll_create1(EPOLL_CLOEXEC), lengths[64] = {0}, gone = 0;
  struct sockaddr_in address = name_of(listener);
  NEED(fcntl(listener, F_SETFL, O_NONBLOCK) == 0 && watch(poller, listener, EPOLLIN | EPOLLET) == 0);
  pid_t child;
  START(child) {
    for (int i = 0; i < 4; i++) {
      int fd = socket(AF_INET, SOCK_STREAM, 0);
      NEED(connect(fd, ADDRESS(address)) == 0 && set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) == 0);
      send_all(fd, "a piece", 7);
      send_all(fd, " and its end\nshort\n\n", 20);
      if (i % 2) shutdown(fd, SHUT_WR);
      char text[16] = "";
      NEED(recv(fd, text, 7, MSG_WAITALL) == 7);
      say("%s", text);
      close(fd);
    }
  }
  while (gone < 4) {
    struct epoll_event events[8];
    int count = epoll_wait(poller, events, 8, 60000);
    NEED(count > 0);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
          NEED(fd < 64 && watch(poller, fd, EPOLLIN | EPOLLRDHUP | EPOLLET) == 0);
        NEED(errno == EAGAIN);
      } else if (!serve(fd, &lengths[fd])) {
        gone++;
        close(fd);
      }
    }
  }
  reap("client", child);
  SHOW(gone);
}
