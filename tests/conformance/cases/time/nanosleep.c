// nanosleep sleeps long enough, refuses wrong times, tells the rest when interrupted: nanosleep(2).
// variants: static,musl
#include <sys/time.h>
#include <time.h>

#include "case.h"

static void on_alarm(int number) {
  say("got %s\n", signal_name(number));
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

CASE {
  double start = now();
  SHOW(nanosleep(&(struct timespec){0, 50000000}, NULL));
  double took = now() - start;
  CHECK(took >= 0.05 && took < 5);
  SHOW(nanosleep(&(struct timespec){0, 0}, NULL));
  SHOW(nanosleep(&(struct timespec){0, 1000000000}, NULL));
  SHOW(nanosleep(&(struct timespec){-1, 0}, NULL));
  SHOW(syscall(SYS_nanosleep, (void*)8, NULL));
  handle(SIGALRM, on_alarm, 0);
  struct itimerval timer = {.it_value = {0, 50000}};
  struct timespec rest = {0, 0};
  NEED(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  SHOW(nanosleep(&(struct timespec){10, 0}, &rest));
  CHECK(rest.tv_sec >= 4 && rest.tv_sec < 10);
  SHOW(usleep(1000));
  timer.it_value.tv_usec = 50000;
  NEED(setitimer(ITIMER_REAL, &timer, NULL) == 0);
  CHECK(sleep(10) >= 5);
}
