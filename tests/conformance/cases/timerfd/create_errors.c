// Clocks and flags of timerfd_create, and what timerfd_settime and timerfd_gettime refuse: timerfd_create(2).
#include <sys/timerfd.h>

#include "readiness.h"

CASE {
  static const int clocks[] = {CLOCK_REALTIME,
                               CLOCK_MONOTONIC,
                               CLOCK_BOOTTIME,
                               CLOCK_PROCESS_CPUTIME_ID,
                               CLOCK_THREAD_CPUTIME_ID,
                               CLOCK_MONOTONIC_RAW,
                               CLOCK_REALTIME_COARSE,
                               CLOCK_TAI,
                               -1,
                               1000};
  struct itimerspec setting = {{0, 0}, {0, 0}}, old;
  int ends[2];
  for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
    int fd = timerfd_create(clocks[i], TFD_CLOEXEC);
    say("clock %d: %s\n", clocks[i], fd >= 0 ? "ok" : errno_name(errno));
  }
  SHOW(timerfd_create(CLOCK_MONOTONIC, O_APPEND));
  SHOW(timerfd_create(CLOCK_MONOTONIC, -1));
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  make_pipe(ends);
  SHOW(fcntl(fd, F_GETFD));
  SHOW((fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK)) == (O_RDWR | O_NONBLOCK));
  SHOW(timerfd_settime(-1, 0, &setting, NULL));
  SHOW(timerfd_settime(900, 0, &setting, NULL));
  SHOW(timerfd_settime(ends[0], 0, &setting, NULL));
  SHOW(timerfd_gettime(ends[0], &old));
  SHOW(timerfd_gettime(900, &old));
  SHOW(timerfd_settime(fd, 4, &setting, NULL));
  SHOW(timerfd_settime(fd, -1, &setting, NULL));
  SHOW(timerfd_settime(fd, 0, NULL, NULL));
  SHOW(timerfd_settime(fd, 0, (struct itimerspec*)8, NULL));
  SHOW(timerfd_gettime(fd, (struct itimerspec*)8));
  setting.it_value = (struct timespec){0, 1000000000};
  SHOW(timerfd_settime(fd, 0, &setting, NULL));
  setting.it_value = (struct timespec){0, -1};
  SHOW(timerfd_settime(fd, 0, &setting, NULL));
  setting.it_value = (struct timespec){-1, 0};
  SHOW(timerfd_settime(fd, 0, &setting, NULL));
  setting = (struct itimerspec){{0, 1000000000}, {1, 0}};
  SHOW(timerfd_settime(fd, 0, &setting, NULL));
  setting = (struct itimerspec){{-1, 0}, {0, 0}};
  SHOW(timerfd_settime(fd, 0, &setting, NULL));
  NEED(timerfd_gettime(fd, &old) == 0);
  say("still off: %ld %ld\n", (long)old.it_value.tv_sec, old.it_value.tv_nsec);
  setting = (struct itimerspec){{0, 0}, {1000, 0}};
  SHOW(timerfd_settime(fd, 0, &setting, (struct itimerspec*)8));
  NEED(timerfd_gettime(fd, &old) == 0);
  CHECK(old.it_value.tv_sec > 900);
}
