// All 64 bits of the data come back, changed by EPOLL_CTL_MOD alone: epoll_ctl(2).
// variants: musl
#include "readiness.h"

static void show(int epoll) {
  struct epoll_event event = {.events = 0, .data = {.u64 = 1}};
  int count = epoll_wait(epoll, &event, 1, 0);
  say("%d: %s %llx\n", count, event_names(event.events), (unsigned long long)event.data.u64);
}

CASE {
  int ends[2], epoll = make_epoll();
  make_pipe(ends);
  must_write(ends[1], "x");
  struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = 0x8123456789abcdefull}};
  NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0);
  memset(&event, 0, sizeof event);
  show(epoll);
  event = (struct epoll_event){.events = EPOLLIN, .data = {.u64 = UINT64_MAX}};
  SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event));
  show(epoll);
  SHOW(epoll_ctl(epoll, EPOLL_CTL_MOD, ends[0], &event));
  show(epoll);
  event.data.u64 = 0;
  SHOW(epoll_ctl(epoll, EPOLL_CTL_MOD, ends[0], &event));
  show(epoll);
  SHOW(sizeof event);
  struct epoll_event events[3];
  memset(events, 0xa5, sizeof events);
  NEED(epoll_wait(epoll, events, 3, 0) == 1);
  for (size_t i = sizeof *events; i < sizeof events; i++) NEED(((unsigned char*)events)[i] == 0xa5);
}
