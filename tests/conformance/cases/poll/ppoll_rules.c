// ppoll: bad masks and times, an updated time, which error counts first: poll(2).
#include "readiness.h"

static long raw(struct pollfd* entries, unsigned count, struct timespec* time, const void* mask, size_t size) {
  return syscall(SYS_ppoll, entries, count, time, mask, size);
}

CASE {
  int ends[2];
  sigset_t none;
  sigemptyset(&none);
  make_pipe(ends);
  struct pollfd entry = {ends[0], POLLIN, 0};
  struct timespec time = {0, 1000000000};
  SHOW(raw(&entry, 1, &time, NULL, 0));
  time = (struct timespec){-1, 0};
  SHOW(raw(&entry, 1, &time, NULL, 0));
  SHOW(raw(&entry, 1, (struct timespec*)8, NULL, 0));
  time = (struct timespec){0, 1000000};
  SHOW(raw(&entry, 1, &time, &none, 4));
  SHOW(raw(&entry, 1, &time, (void*)8, 8));
  SHOW(raw(&entry, 1, &time, NULL, 4));
  say("left %ld %ld\n", (long)time.tv_sec, time.tv_nsec);
  SHOW(raw((struct pollfd*)8, 1, (struct timespec*)8, (void*)8, 4));
  SHOW(raw((struct pollfd*)8, 1, &time, (void*)8, 4));
  SHOW(raw((struct pollfd*)8, 1, &time, &none, 8));
  time = (struct timespec){100, 5};
  must_write(ends[1], "x");
  SHOW(raw(&entry, 1, &time, NULL, 0));
  CHECK(time.tv_sec < 100 && time.tv_sec > 0);
  SHOW(raw(&entry, 1, NULL, NULL, 0));
  struct timespec* constant = (struct timespec*)fresh_pages(1);
  *constant = (struct timespec){100, 5};
  NEED(mprotect(constant, KX_PAGE, PROT_READ) == 0);
  SHOW(raw(&entry, 1, constant, NULL, 0));
}
