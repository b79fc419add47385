// A FIFO before its first writer, with one, after the last, and with another: poll and epoll: fifo(7), poll(2).
#include "readiness.h"

CASE {
  char text[8];
  int epoll = make_epoll();
  NEED(mkfifo("fifo", 0600) == 0);
  int reader = open("fifo", O_RDONLY | O_NONBLOCK);
  NEED(reader >= 0);
  watch(epoll, reader, EPOLLIN | EPOLLRDHUP | EPOLLET, 1);
  show_poll("no writer yet", reader, POLLIN | POLLRDHUP, 0);
  show_ready("no writer yet", epoll);
  SHOW(read(reader, text, 8));
  int writer = open("fifo", O_WRONLY);
  show_poll("writer", reader, POLLIN, 0);
  show_poll("writer's side", writer, POLLOUT | POLLIN, 0);
  must_write(writer, "abc");
  show_ready("data", epoll);
  NEED(close(writer) == 0);
  show_ready("closed", epoll);
  show_poll("closed", reader, POLLIN, 0);
  SHOW(read(reader, text, 8));
  show_poll("read", reader, POLLIN, 0);
  SHOW(read(reader, text, 8));
  writer = open("fifo", O_WRONLY | O_NONBLOCK);
  show_poll("another writer", reader, POLLIN, 0);
  NEED(close(writer) == 0);
  show_ready("closed again", epoll);
  int both = open("fifo", O_RDWR);
  show_poll("both ways", both, POLLIN | POLLOUT, 0);
  must_write(both, "d");
  show_poll("both ways, data", both, POLLIN | POLLOUT, 0);
  NEED(close(reader) == 0);
  show_poll("both ways, alone", both, POLLIN | POLLOUT, 0);
}
