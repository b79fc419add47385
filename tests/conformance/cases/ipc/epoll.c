// epoll: level and edge triggering, one-shot, change, removal, errors: epoll(7).
#include <sys/epoll.h>

#include "case.h"

static int epoll;

static void show(const char* when) {
  struct epoll_event events[8];
  int count = epoll_wait(epoll, events, 8, 0);
  say("%s: %d", when, count);
  for (int i = 0; i < count; i++) say(" [%x %d]", events[i].events, events[i].data.u32);
  say("\n");
}

static long control(int operation, int fd, uint32_t events, uint32_t data) {
  struct epoll_event event = {.events = events, .data = {.u32 = data}};
  return epoll_ctl(epoll, operation, fd, &event);
}

CASE {
  int ends[2];
  char buffer[16];
  NEED(pipe(ends) == 0);
  epoll = SHOW(epoll_create1(EPOLL_CLOEXEC));
  SHOW(control(EPOLL_CTL_ADD, ends[0], EPOLLIN, 11));
  show("empty");
  NEED(write(ends[1], "ab", 2) == 2);
  show("level");
  show("level again");
  SHOW(control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 12));
  show("edge");
  show("edge again");
  NEED(write(ends[1], "c", 1) == 1);
  show("edge after write");
  SHOW(control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 13));
  show("one-shot");
  show("one-shot again");
  SHOW(control(EPOLL_CTL_ADD, ends[1], EPOLLOUT, 14));
  show("writer");
  SHOW(control(EPOLL_CTL_DEL, ends[1], 0, 0));
  SHOW(control(EPOLL_CTL_MOD, ends[0], EPOLLIN, 15));
  SHOW(read(ends[0], buffer, 16));
  NEED(close(ends[1]) == 0);
  show("hang-up");
  NEED(close(ends[0]) == 0);
  show("closed");
  SHOW(control(EPOLL_CTL_ADD, 99, EPOLLIN, 0));
  SHOW(control(EPOLL_CTL_ADD, file_with("file", ""), EPOLLIN, 0));
  SHOW(control(EPOLL_CTL_ADD, epoll, EPOLLIN, 0));
  SHOW(control(EPOLL_CTL_DEL, 0, 0, 0));
  SHOW(epoll_wait(epoll, NULL, 0, 0));
  SHOW(epoll_wait(99, (struct epoll_event[1]){0}, 1, 0));
  SHOW(epoll_create(0));
}
