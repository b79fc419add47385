// poll: readiness, hang-up, invalid descriptors, timeouts: poll(2).
// variants: static,musl
#include <poll.h>
#include <time.h>

#include "case.h"

static void show(struct pollfd* entries, int count, int timeout) {
  int ready = poll(entries, (nfds_t)count, timeout);
  say("%d:", ready);
  for (int i = 0; i < count; i++) say(" %x", entries[i].revents);
  say("\n");
}

CASE {
  int ends[2], file = file_with("file", "x");
  NEED(pipe(ends) == 0);
  struct pollfd entries[5] = {
      {ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}, {99, POLLIN, 0}, {-1, POLLIN, 0}, {file, POLLIN | POLLOUT, 0}};
  show(entries, 5, 0);
  NEED(write(ends[1], "x", 1) == 1);
  show(entries, 5, -1);
  char byte;
  NEED(read(ends[0], &byte, 1) == 1);
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  show(entries, 1, 50);
  clock_gettime(CLOCK_MONOTONIC, &end);
  CHECK((end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000 >= 49);
  NEED(close(ends[1]) == 0);
  show(entries, 2, 0);
  NEED(pipe(ends) == 0);
  NEED(close(ends[0]) == 0);
  entries[0] = (struct pollfd){ends[1], POLLOUT, 0};
  show(entries, 1, 0);
  SHOW(poll(NULL, 0, 10));
  SHOW(poll((struct pollfd*)8, 1, 0));
  SHOW(ppoll(entries, 1, &(struct timespec){0, -1}, NULL));
}
