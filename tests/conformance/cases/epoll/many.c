// Five hundred descriptors in one epoll: all events, some events, after closing half: epoll(7).
#include <sys/eventfd.h>
#include <sys/resource.h>

#include "readiness.h"

enum { count = 500 };

CASE {
  static int counters[count];
  static struct epoll_event events[count];
  static unsigned char seen[count];
  struct rlimit limit;
  NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max >= 600);
  if (limit.rlim_cur < 600) {
    limit.rlim_cur = 600;
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }
  int epoll = make_epoll();
  for (int i = 0; i < count; i++) {
    counters[i] = eventfd(i % 3 == 0, EFD_NONBLOCK);
    NEED(counters[i] >= 0);
    watch(epoll, counters[i], EPOLLIN, (uint64_t)i);
  }
  SHOW(epoll_wait(epoll, events, count, 0));
  for (int i = 0; i < count; i++) NEED(eventfd_write(counters[i], 1) == 0);
  SHOW(epoll_wait(epoll, events, count, 0));
  for (int round = 0; round < 10; round++) {
    NEED(epoll_wait(epoll, events, 50, 0) == 50);
    for (int i = 0; i < 50; i++) seen[events[i].data.u32]++;
  }
  int once = 0;
  for (int i = 0; i < count; i++) once += seen[i] == 1;
  SHOW(once);
  for (int i = 0; i < count; i += 2) NEED(close(counters[i]) == 0);
  SHOW(epoll_wait(epoll, events, count, 0));
  for (int i = 1; i < count; i += 2) {
    uint64_t value;
    NEED(read(counters[i], &value, 8) == 8);
  }
  SHOW(epoll_wait(epoll, events, count, 0));
}
