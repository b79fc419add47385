// Timers at different absolute times become ready in the order of their times: timerfd_create(2), epoll(7).
#include <sys/timerfd.h>

#include "readiness.h"

CASE {
  static const int order[6] = {4, 1, 5, 0, 3, 2};
  struct timespec now;
  int epoll = make_epoll();
  NEED(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
  for (int i = 0; i < 6; i++) {
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec setting = {{0, 0}, {now.tv_sec + 1, now.tv_nsec}};
    setting.it_value.tv_nsec += order[i] * 5000000;
    if (setting.it_value.tv_nsec >= 1000000000) {
      setting.it_value.tv_nsec -= 1000000000;
      setting.it_value.tv_sec++;
    }
    NEED(timerfd_settime(fd, TFD_TIMER_ABSTIME, &setting, NULL) == 0);
    watch(epoll, fd, EPOLLIN | EPOLLONESHOT, (uint64_t)order[i]);
  }
  for (int i = 0; i < 6; i++) show_wait("next", epoll, 1, 60000);
  show_ready("none", epoll);
}
