// select: sets, exact results, timeouts, errors: select(2).
// variants: static,musl
#include <sys/select.h>

#include "case.h"

CASE {
  int one[2], two[2];
  NEED(pipe(one) == 0 && pipe(two) == 0);
  NEED(write(two[1], "x", 1) == 1);
  fd_set in, out;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(one[0], &in);
  FD_SET(two[0], &in);
  FD_SET(one[1], &out);
  SHOW(select(10, &in, &out, NULL, NULL));
  say("%d %d %d\n", FD_ISSET(one[0], &in) != 0, FD_ISSET(two[0], &in) != 0, FD_ISSET(one[1], &out) != 0);
  FD_ZERO(&in);
  FD_SET(one[0], &in);
  struct timeval time = {0, 30000};
  SHOW(select(one[0] + 1, &in, NULL, NULL, &time));
  say("%d, left %ld %ld\n", FD_ISSET(one[0], &in) != 0, (long)time.tv_sec, (long)time.tv_usec);
  FD_ZERO(&in);
  FD_SET(99, &in);
  NEED(dup2(one[0], 120) == 120 && close(120) == 0);  // the table reaches beyond 99, whatever it was before
  SHOW(select(100, &in, NULL, NULL, &time));
  SHOW(select(-1, NULL, NULL, NULL, &time));
  time = (struct timeval){0, 1000};
  SHOW(select(0, NULL, NULL, NULL, &time));
  SHOW(select(5, (fd_set*)8, NULL, NULL, NULL));
}
