// One epoll over a pipe, an eventfd, a timerfd and a signalfd: epoll(7).
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "case.h"

CASE {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  int ends[2], epoll = epoll_create1(0);
  NEED(pipe(ends) == 0);
  int sources[4] = {ends[0], eventfd(0, 0), timerfd_create(CLOCK_MONOTONIC, 0), signalfd(-1, &set, 0)};
  for (int i = 0; i < 4; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = (uint32_t)i}};
    SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, sources[i], &event));
  }
  struct epoll_event events[8];
  SHOW(epoll_wait(epoll, events, 8, 10));
  uint64_t one = 1;
  NEED(write(ends[1], "x", 1) == 1 && write(sources[1], &one, 8) == 8 && raise(SIGUSR1) == 0);
  struct itimerspec setting = {.it_value = {0, 1000000}};
  NEED(timerfd_settime(sources[2], 0, &setting, NULL) == 0);
  int seen[4] = {0}, kinds = 0;
  while (kinds < 4) {
    int count = epoll_wait(epoll, events, 1, 10000);
    NEED(count == 1);
    int source = (int)events[0].data.u32;
    kinds += !seen[source]++;
    char buffer[256];
    NEED(read(sources[source], buffer, sizeof buffer) > 0);
  }
  say("seen %d %d %d %d\n", seen[0], seen[1], seen[2], seen[3]);
  SHOW(epoll_wait(epoll, events, 8, 0));
}
