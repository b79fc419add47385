// The count of expirations since the last read, of an absolute start long ago and of a short interval:
// timerfd_create(2).
#include <sys/timerfd.h>

#include "readiness.h"

CASE {
  static const int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME};
  for (int i = 0; i < 3; i++) {
    struct timespec now;
    struct itimerspec setting, left;
    uint64_t count = 0;
    int fd = timerfd_create(clocks[i], 0);
    NEED(fd >= 0 && clock_gettime(clocks[i], &now) == 0);
    // Each hour for what the clock says: the first was at 1 s, the next is not near.
    setting = (struct itimerspec){{1000000000, 0}, {0, 1}};
    NEED(timerfd_settime(fd, TFD_TIMER_ABSTIME, &setting, NULL) == 0);
    show_poll("past", fd, POLLIN | POLLOUT, 10000);
    SHOW(read(fd, &count, 8));
    SHOW(count == 1 + (uint64_t)now.tv_sec / 1000000000);
    NEED(timerfd_gettime(fd, &left) == 0);
    say("interval %ld, left %d\n", (long)left.it_interval.tv_sec, left.it_value.tv_sec > 0);
    show_poll("read", fd, POLLIN, 0);
    setting = (struct itimerspec){{0, 2000000}, {0, 1}};
    NEED(timerfd_settime(fd, 0, &setting, NULL) == 0);
    NEED(read(fd, &count, 8) == 8 && count >= 1);
    NEED(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    while (since_ms(&now) < 30) nap();
    NEED(read(fd, &count, 8) == 8);
    CHECK(count >= 10);
    NEED(close(fd) == 0);
  }
}
