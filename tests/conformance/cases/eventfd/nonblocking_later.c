// O_NONBLOCK by fcntl and FIONBIO, on an eventfd, a timerfd, an inotify and a signalfd, shared by dup: fcntl(2).
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "readiness.h"

CASE {
  static const char* const names[] = {"eventfd", "timerfd", "inotify", "signalfd"};
  block_signal(SIGUSR1);
  sigset_t set = set_of(SIGUSR1);
  int files[] = {eventfd(0, 0), timerfd_create(CLOCK_MONOTONIC, 0), inotify_init(), signalfd(-1, &set, 0)};
  for (int i = 0; i < 4; i++) {
    char buffer[512];
    int on = 1, off = 0, waiting = -1, copy = dup(files[i]);
    NEED(copy >= 0);
    say("%s\n", names[i]);
    SHOW(fcntl(files[i], F_GETFL) & O_NONBLOCK);
    SHOW(ioctl(files[i], FIONBIO, &on));
    SHOW((fcntl(copy, F_GETFL) & O_NONBLOCK) != 0);
    SHOW(read(copy, buffer, sizeof buffer));
    SHOW(ioctl(copy, FIONBIO, &off));
    SHOW(fcntl(files[i], F_GETFL) & O_NONBLOCK);
    SHOW(fcntl(files[i], F_SETFL, O_NONBLOCK));
    SHOW(read(copy, buffer, sizeof buffer));
    SHOW(ioctl(files[i], FIONREAD, &waiting));
    SHOW(ioctl(files[i], TCGETS, buffer));
    SHOW(ioctl(files[i], FIOCLEX));
    SHOW(fcntl(files[i], F_GETFD));
    SHOW(fcntl(copy, F_GETFD));
  }
}
