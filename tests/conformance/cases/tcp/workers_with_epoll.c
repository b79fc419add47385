// Several processes wait for one listener by epoll of their own, with EPOLLEXCLUSIVE, nonblocking: epoll_ctl(2).
// marks: fork
#include <sys/epoll.h>

#include "net.h"

CASE {
  int listener = tcp_listener();
  NEED(fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
  struct sockaddr_in address = name_of(listener);
  pid_t workers[3];
  for (int i = 0; i < 3; i++) START(workers[i]) {
      int poller = epoll_create1(0);
      struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = listener};
      NEED(epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) == 0);
      for (int go_on = 1; go_on;) {
        NEED(epoll_wait(poller, &event, 1, 100000) == 1);
        int fd = accept4(listener, NULL, NULL, 0);
        if (fd == -1) {
          NEED(errno == EAGAIN);
          continue;
        }
        char byte = 0;
        NEED(recv(fd, &byte, 1, 0) == 1);
        go_on = byte != 'q';
        NEED(send(fd, &byte, 1, 0) == 1 && close(fd) == 0);
      }
    }
  int right = 0;
  for (int i = 0; i < 23; i++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char answer = 0;
    NEED(connect(fd, ADDRESS(address)) == 0 && send(fd, i < 20 ? "r" : "q", 1, 0) == 1);
    right += recv(fd, &answer, 1, 0) == 1 && answer == (i < 20 ? 'r' : 'q');
    close(fd);
  }
  SHOW(right);
  for (int i = 0; i < 3; i++) reap("worker", workers[i]);
}
