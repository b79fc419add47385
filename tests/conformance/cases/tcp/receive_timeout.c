// SO_RCVTIMEO and SO_SNDTIMEO: set and read back, EAGAIN after the time, errors of the value: socket(7).
#include "net.h"

static long elapsed_ms(struct timespec since) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec - since.tv_sec) * 1000 + (now.tv_nsec - since.tv_nsec) / 1000000;
}

CASE {
  int ends[2];
  tcp_pair(ends);
  struct timeval limit = {1, -1}, got = {9, 9};
  socklen_t size = sizeof got;
  SHOW(getsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &got, &size));
  say("%ld s %ld us, size %u\n", (long)got.tv_sec, (long)got.tv_usec, size);
  SHOW(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
  limit = (struct timeval){0, 1000000};
  SHOW(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
  limit = (struct timeval){0, 80000};
  SHOW(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, 8));
  SHOW(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
  SHOW(setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit));
  SHOW(getsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &got, &size));
  say("%ld s %ld us\n", (long)got.tv_sec, (long)got.tv_usec);
  struct timespec since;
  clock_gettime(CLOCK_MONOTONIC, &since);
  char byte;
  SHOW(recv(ends[0], &byte, 1, 0));
  SHOW(read(ends[0], &byte, 1));
  CHECK(elapsed_ms(since) >= 150);
  // Filling the way: a send ends with a part or EAGAIN after the time.
  static char block[1 << 16];
  long sent;
  do sent = send(ends[0], block, sizeof block, 0);
  while (sent > 0);
  say("%ld %s\n", sent, errno_name(errno));
  limit = (struct timeval){0, 0};
  SHOW(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
  NEED(send(ends[1], "x", 1, 0) == 1);
  SHOW(recv(ends[0], &byte, 1, 0));
}
