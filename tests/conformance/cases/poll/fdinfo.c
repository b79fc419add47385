// /proc/self/fdinfo of an eventfd, a timerfd, a signalfd and an epoll says what they hold: proc(5).
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "readiness.h"

static void show_info(const char* what, int fd, const char* const* keys) {
  char name[64], text[2000];
  sprintf(name, "/proc/self/fdinfo/%d", fd);
  int file = open(name, O_RDONLY);
  say("%s\n", what);
  if (file < 0) {
    say("  %s\n", errno_name(errno));
    return;
  }
  long size = read(file, text, sizeof text - 1);
  NEED(size >= 0 && close(file) == 0);
  text[size] = 0;
  for (char* line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
    for (const char* const* key = keys; *key != NULL; key++)
      if (strncmp(line, *key, strlen(*key)) == 0) say("  %s\n", line);
}

CASE {
  static const char* const counts[] = {"flags:", "pos:", "eventfd-count:", NULL};
  static const char* const timers[] = {
      "flags:", "clockid:", "ticks:", "settime flags:", "it_value:", "it_interval:", NULL};
  static const char* const masks[] = {"flags:", "sigmask:", NULL};
  sigset_t set = set_of(SIGUSR1);
  show_info("eventfd", eventfd(42, EFD_NONBLOCK), counts);
  show_info("timerfd", timerfd_create(CLOCK_MONOTONIC, 0), timers);
  show_info("signalfd", signalfd(-1, &set, SFD_CLOEXEC), masks);
}
