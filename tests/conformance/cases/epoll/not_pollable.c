// Regular files and directories cannot be watched, devices can, whatever the operation is: epoll_ctl(2), EPERM.
#include "readiness.h"

CASE {
  int epoll = make_epoll();
  int file = file_with("file", "text"), directory = open(".", O_RDONLY | O_DIRECTORY), path = open(".", O_PATH);
  int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDONLY), random = open("/dev/urandom", O_RDONLY);
  NEED(directory >= 0 && path >= 0 && null >= 0 && zero >= 0 && random >= 0);
  SHOW(control(epoll, EPOLL_CTL_ADD, file, EPOLLIN, 0));
  SHOW(control(epoll, EPOLL_CTL_MOD, file, EPOLLIN, 0));
  SHOW(control(epoll, EPOLL_CTL_DEL, file, EPOLLIN, 0));
  SHOW(control(epoll, EPOLL_CTL_ADD, directory, EPOLLIN, 0));
  SHOW(control(epoll, EPOLL_CTL_ADD, path, EPOLLIN, 0));
  SHOW(control(epoll, EPOLL_CTL_ADD, null, EPOLLIN, 0));
  SHOW(control(epoll, EPOLL_CTL_ADD, zero, EPOLLIN, 0));
  SHOW(control(epoll, EPOLL_CTL_ADD, random, EPOLLIN, 1));
  show_ready("ready", epoll);
  int memory = memfd_create("memory", 0), made = open(".", O_TMPFILE | O_RDWR, 0600);
  NEED(memory >= 0);
  SHOW(control(epoll, EPOLL_CTL_ADD, memory, EPOLLIN, 0));
  if (made >= 0) NEED(control(epoll, EPOLL_CTL_ADD, made, EPOLLIN, 0) == -1 && errno == EPERM);
  SHOW(epoll_wait(file, (struct epoll_event[1]){0}, 1, 0));
  SHOW(epoll_wait(path, (struct epoll_event[1]){0}, 1, 0));
}
