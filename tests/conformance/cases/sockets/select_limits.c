// select on sockets: all three sets, counts at and beyond the highest, closed descriptors, negative counts: select(2).
#include <sys/select.h>
#include <sys/socket.h>

#include "case.h"

static void try_select(const char* what, int count, int fd, struct timeval limit) {
  fd_set reading, writing, failing;
  FD_ZERO(&reading);
  FD_ZERO(&writing);
  FD_ZERO(&failing);
  FD_SET(fd, &reading);
  FD_SET(fd, &writing);
  FD_SET(fd, &failing);
  errno = 0;
  int result = select(count, &reading, &writing, &failing, &limit);
  say("%s: %d %s, read %d, write %d, except %d\n", what, result, errno_name(errno), FD_ISSET(fd, &reading) != 0,
      FD_ISSET(fd, &writing) != 0, FD_ISSET(fd, &failing) != 0);
}

CASE {
  int ends[2];
  struct timeval none = {0, 0};
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  NEED(dup2(ends[0], 1023) == 1023 && dup2(ends[0], 63) == 63 && dup2(ends[0], 64) == 64);
  try_select("idle", FD_SETSIZE, 1023, none);
  NEED(send(ends[1], "x", 1, 0) == 1);
  try_select("data", FD_SETSIZE, 1023, none);
  try_select("beyond the count", 1023, 1023, none);
  try_select("63", 64, 63, none);
  try_select("63 beyond", 63, 63, none);
  try_select("64", 65, 64, none);
  try_select("negative", -1, 64, none);
  try_select("no count", 0, 64, none);
  try_select("bad time", 65, 64, (struct timeval){-1, 0});
  try_select("much time", 65, 64, (struct timeval){5, 3000000});
  NEED(close(63) == 0);
  try_select("closed", 64, 63, none);
  try_select("closed beyond", 63, 63, none);
  NEED(shutdown(ends[0], SHUT_WR) == 0);
  try_select("shut down", 65, 64, none);
  NEED(close(ends[1]) == 0);
  try_select("peer gone", 65, 64, none);
  SHOW(select(0, NULL, NULL, NULL, &none));
  SHOW(select(1, (fd_set*)16, NULL, NULL, &none));
}
