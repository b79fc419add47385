// TFD_TIMER_CANCEL_ON_SET is accepted with any clock and combination, and works as a timer: timerfd_create(2).
#include <sys/timerfd.h>

#include "readiness.h"

CASE {
  struct itimerspec soon = {{0, 0}, {1, 0}}, off = {{0, 0}, {0, 0}}, far = {{0, 0}, {1000, 0}};
  uint64_t count = 0;
  int wall = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK), steady = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  SHOW(timerfd_settime(wall, TFD_TIMER_CANCEL_ON_SET, &far, NULL));
  SHOW(timerfd_settime(wall, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &soon, NULL));
  show_poll("past", wall, POLLIN, 10000);
  SHOW(read(wall, &count, 8));
  SHOW(count);
  SHOW(timerfd_settime(steady, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL) == 0);
  SHOW(timerfd_settime(steady, TFD_TIMER_CANCEL_ON_SET, &far, NULL));
  SHOW(timerfd_settime(wall, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &off, NULL));
  SHOW(read(wall, &count, 8));
  SHOW(timerfd_settime(wall, TFD_TIMER_CANCEL_ON_SET | 4, &off, NULL));
}
