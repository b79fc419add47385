// select and pselect: bad counts, times, sets and masks, and what is left of the arguments: select(2).
#include <sys/select.h>

#include "readiness.h"

static long raw_select(int count, void* in, void* out, void* except, void* time) {
  return syscall(SYS_select, count, in, out, except, time);
}

static long raw_pselect(int count, void* in, struct timespec* time, const void* mask, size_t size) {
  struct {
    const void* mask;
    size_t size;
  } pair = {mask, size};
  return syscall(SYS_pselect6, count, in, NULL, NULL, time, &pair);
}

CASE {
  int ends[2];
  fd_set set;
  sigset_t none;
  sigemptyset(&none);
  make_pipe(ends);
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  struct timeval time = {0, 2500000};
  SHOW(raw_select(-1, NULL, NULL, NULL, &time));
  SHOW(raw_select(INT_MIN, &set, NULL, NULL, NULL));
  time = (struct timeval){0, -1};
  SHOW(raw_select(0, NULL, NULL, NULL, &time));
  time = (struct timeval){-1, 0};
  SHOW(raw_select(0, NULL, NULL, NULL, &time));
  time = (struct timeval){-1, 2000000};
  SHOW(raw_select(0, NULL, NULL, NULL, &time));
  SHOW(raw_select(0, NULL, NULL, NULL, (void*)8));
  SHOW(raw_select(8, (void*)8, NULL, NULL, (void*)8));
  SHOW(raw_select(0, (void*)8, (void*)8, (void*)8, &(struct timeval){0, 0}));
  SHOW(raw_select(8, NULL, NULL, (void*)8, &(struct timeval){0, 0}));
  must_write(ends[1], "x");
  time = (struct timeval){0, 2500000};
  SHOW(raw_select(ends[0] + 1, &set, NULL, NULL, &time));
  CHECK(time.tv_sec <= 2 && time.tv_usec < 1000000);
  SHOW(raw_select(INT_MAX, NULL, NULL, NULL, &(struct timeval){0, 0}));
  struct timespec finer = {0, 1000000000};
  SHOW(raw_pselect(0, NULL, &finer, NULL, 0));
  finer = (struct timespec){0, 1000};
  SHOW(raw_pselect(0, NULL, &finer, &none, 4));
  SHOW(raw_pselect(0, NULL, &finer, (void*)8, 8));
  SHOW(raw_pselect(0, NULL, &finer, NULL, 4));
  SHOW(raw_pselect(-1, NULL, &finer, &none, 8));
  SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &finer, (void*)8));
  SHOW(syscall(SYS_pselect6, 0, NULL, NULL, NULL, (void*)8, (void*)8));
}
