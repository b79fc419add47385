// A hang-up is in the reading set, an error in both, and neither in the exception set: select(2).
#include <sys/select.h>

#include "readiness.h"

static void show_select(const char* when, int fd) {
  fd_set in, out, except;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_ZERO(&except);
  FD_SET(fd, &in);
  FD_SET(fd, &out);
  FD_SET(fd, &except);
  int count = select(fd + 1, &in, &out, &except, &(struct timeval){0, 0});
  say("%s: %d in %d out %d except %d\n", when, count, FD_ISSET(fd, &in) != 0, FD_ISSET(fd, &out) != 0,
      FD_ISSET(fd, &except) != 0);
}

CASE {
  int ends[2], pair[2];
  make_pipe(ends);
  show_select("reader", ends[0]);
  show_select("writer", ends[1]);
  NEED(close(ends[1]) == 0);
  show_select("hang-up", ends[0]);
  NEED(close(ends[0]) == 0);
  make_pipe(ends);
  NEED(close(ends[0]) == 0);
  show_select("no reader", ends[1]);
  make_pair(pair, SOCK_STREAM);
  show_select("socket", pair[0]);
  NEED(shutdown(pair[0], SHUT_WR) == 0);
  show_select("shut", pair[0]);
  show_select("peer", pair[1]);
  NEED(close(pair[1]) == 0);
  show_select("peer closed", pair[0]);
  show_select("file", file_with("file", ""));
  show_select("directory", open(".", O_RDONLY));
  show_select("null", open("/dev/null", O_RDONLY));
  show_select("epoll", make_epoll());
}
