// epoll_create, eventfd, timerfd and inotify respect RLIMIT_NOFILE: EMFILE; so does poll's count: EINVAL.
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "readiness.h"

CASE {
  struct rlimit limit;
  sigset_t set = set_of(SIGUSR1);
  static struct pollfd entries[128];
  for (int i = 0; i < 128; i++) entries[i].fd = -1;
  NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = 64;
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  int last = -1, next;
  while ((next = dup(1)) >= 0) last = next;
  SHOW(last);
  SHOW(epoll_create1(0));
  SHOW(epoll_create(0));
  SHOW(eventfd(0, 0));
  SHOW(timerfd_create(CLOCK_MONOTONIC, 0));
  SHOW(timerfd_create(77, 0));
  SHOW(inotify_init());
  SHOW(signalfd(-1, &set, 0));
  SHOW(poll(entries, 65, 0));
  SHOW(poll(entries, 64, 0));
  NEED(close(last) == 0);
  SHOW(epoll_create1(0) == last);
  SHOW(epoll_wait(last, (struct epoll_event[1]){0}, 1, 0));
  limit.rlim_cur = 10;
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  SHOW(poll(entries, 11, 0));
  SHOW(poll(entries, 10, 0));
  SHOW(control(last, EPOLL_CTL_ADD, 0, EPOLLIN, 0) == 0 || errno == EPERM);
  entries[0] = (struct pollfd){last, POLLIN, 0};
  SHOW(poll(entries, 1, 0) >= 0);
}
