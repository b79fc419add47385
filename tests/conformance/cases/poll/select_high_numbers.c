// select looks at descriptors up to 1023, in all three sets, and counts each bit: select(2).
#include <sys/resource.h>
#include <sys/select.h>

#include "readiness.h"

CASE {
  struct rlimit limit;
  NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  if (limit.rlim_cur < 1024) {
    NEED(limit.rlim_max >= 1024);
    limit.rlim_cur = 1024;
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }
  static const int numbers[] = {63, 64, 65, 127, 128, 511, 1022, 1023};
  int pair[2];
  fd_set in, out, except;
  make_pair(pair, SOCK_STREAM);
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_ZERO(&except);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    NEED(dup2(pair[0], numbers[i]) == numbers[i]);
    FD_SET(numbers[i], &in);
    if (i % 2) FD_SET(numbers[i], &out);
    FD_SET(numbers[i], &except);
  }
  fd_set all_in = in, all_out = out;
  SHOW(select(1024, &in, &out, &except, NULL));
  must_write(pair[1], "x");
  in = all_in;
  out = all_out;
  SHOW(select(1024, &in, &out, NULL, NULL));
  for (int i = 0; i < 1024; i++)
    if (FD_ISSET(i, &in) || FD_ISSET(i, &out)) say("%d: %d %d\n", i, FD_ISSET(i, &in) != 0, FD_ISSET(i, &out) != 0);
  in = all_in;
  SHOW(select(128, &in, NULL, NULL, NULL));
  say("%d %d\n", FD_ISSET(127, &in) != 0, FD_ISSET(511, &in) != 0);
  in = all_in;
  SHOW(select(64, &in, NULL, NULL, NULL));
  say("%d %d\n", FD_ISSET(63, &in) != 0, FD_ISSET(64, &in) != 0);
  NEED(close(65) == 0);
  in = all_in;
  SHOW(select(1024, &in, NULL, NULL, NULL));
  SHOW(select(65, &in, NULL, NULL, NULL));
}
