// Blocking reads and writes of an eventfd end with EINTR, or go on with SA_RESTART: eventfd(2), signal(7).
#include <sys/eventfd.h>
#include <sys/time.h>

#include "readiness.h"

static int fd;
static uint64_t value;

static void on_signal(int number) {
  (void)number;
}

static void on_signal_adds(int number) {
  (void)number;
  NEED(eventfd_write(fd, 7) == 0);
}

static void on_signal_takes(int number) {
  uint64_t taken;
  (void)number;
  NEED(read(fd, &taken, 8) == 8);
}

static void soon(void (*handler)(int), int flags) {
  struct itimerval time = {{0, 0}, {0, 20000}};
  handle(SIGALRM, handler, flags);
  NEED(setitimer(ITIMER_REAL, &time, NULL) == 0);
}

CASE {
  fd = eventfd(0, 0);
  soon(on_signal, 0);
  SHOW(read(fd, &value, 8));
  soon(on_signal_adds, SA_RESTART);
  SHOW(read(fd, &value, 8));
  SHOW(value);
  soon(on_signal_adds, 0);
  SHOW(read(fd, &value, 8));
  SHOW(read(fd, &value, 8));
  NEED(eventfd_write(fd, UINT64_MAX - 1) == 0);
  soon(on_signal, 0);
  SHOW(eventfd_write(fd, 1));
  soon(on_signal_takes, SA_RESTART);
  SHOW(eventfd_write(fd, 3));
  SHOW(read(fd, &value, 8));
  SHOW(value);
}
