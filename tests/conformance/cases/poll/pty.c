// A pseudo-terminal: lines, room, the closed other side: poll and epoll on both: pty(7), poll(2).
#include "readiness.h"
#include "terminal.h"

CASE {
  char text[64];
  int epoll = make_epoll(), master = open_master();
  int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  NEED(slave >= 0);
  show_poll("master", master, POLLIN | POLLOUT, 0);
  show_poll("slave", slave, POLLIN | POLLOUT, 0);
  watch(epoll, slave, EPOLLIN | EPOLLET, 1);
  watch(epoll, master, EPOLLIN, 2);
  must_write(master, "ab");
  show_poll("echo", master, POLLIN, 10000);
  show_poll("half a line", slave, POLLIN, 0);
  NEED(read(master, text, 64) == 2);
  must_write(master, "c\n");
  show_poll("a line", slave, POLLIN | POLLOUT, 10000);
  show_poll("echo", master, POLLIN, 10000);
  SHOW(read(slave, text, 2));
  show_poll("part of it", slave, POLLIN, 0);
  SHOW(read(slave, text, 64));
  show_poll("all of it", slave, POLLIN, 0);
  drain((set_nonblocking(master), master));
  must_write(slave, "out");
  show_poll("output", master, POLLIN, 10000);
  SHOW(drain(master));
  show_poll("read", master, POLLIN, 0);
  NEED(close(slave) == 0);
  show_poll("slave closed", master, POLLIN | POLLOUT, 10000);
  SHOW(read(master, text, 64));
  slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  show_poll("slave opened again", master, POLLIN | POLLOUT, 0);
  handle(SIGHUP, SIG_IGN, 0);
  NEED(close(master) == 0);
  show_poll("master closed", slave, POLLIN | POLLOUT, 10000);
  SHOW(read(slave, text, 64));
}
