// Zero disarms a timer whatever its interval; setting it again drops expirations that were not read: timerfd_create(2).
#include <sys/timerfd.h>

#include "readiness.h"

static int fd;

static void show_left(const char* when) {
  struct itimerspec left;
  NEED(timerfd_gettime(fd, &left) == 0);
  say("%s: %s, interval %ld.%09ld\n", when, left.it_value.tv_sec || left.it_value.tv_nsec ? "armed" : "off",
      (long)left.it_interval.tv_sec, left.it_interval.tv_nsec);
}

CASE {
  struct itimerspec setting = {{0, 0}, {0, 1}}, off = {{7, 5}, {0, 0}}, old;
  uint64_t count = 99;
  fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  show_left("new");
  NEED(timerfd_settime(fd, 0, &setting, &old) == 0);
  show_poll("expired", fd, POLLIN, 10000);
  show_left("expired");
  NEED(timerfd_settime(fd, 0, &off, &old) == 0);
  show_left("off");
  show_poll("off", fd, POLLIN, 0);
  SHOW(read(fd, &count, 8));
  SHOW(count);
  setting = (struct itimerspec){{50, 9}, {1000, 0}};
  NEED(timerfd_settime(fd, 0, &setting, &old) == 0);
  say("old interval %ld.%09ld\n", (long)old.it_interval.tv_sec, old.it_interval.tv_nsec);
  show_left("armed");
  setting = (struct itimerspec){{0, 0}, {2000, 0}};
  NEED(timerfd_settime(fd, 0, &setting, &old) == 0);
  CHECK(old.it_value.tv_sec > 900 && old.it_value.tv_sec <= 1000 && old.it_interval.tv_sec == 50);
  setting = (struct itimerspec){{0, 0}, {1, 0}};
  NEED(timerfd_settime(fd, TFD_TIMER_ABSTIME, &setting, &old) == 0);
  CHECK(old.it_value.tv_sec > 1900 && old.it_interval.tv_nsec == 0);
  show_poll("past", fd, POLLIN, 10000);
  SHOW(read(fd, &count, 8));
  SHOW(count);
  show_left("one shot");
}
