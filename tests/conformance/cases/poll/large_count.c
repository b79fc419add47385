// poll with more entries than a page holds, one of them ready, and all of them: poll(2).
#include <sys/resource.h>

#include "readiness.h"

enum { count = 1000 };

CASE {
  static struct pollfd entries[count];
  struct rlimit limit;
  int ends[2];
  NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = 1024;
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  make_pipe(ends);
  for (int i = 0; i < count; i++) entries[i] = (struct pollfd){ends[0], POLLIN, 0x55};
  entries[777] = (struct pollfd){ends[1], POLLOUT, 0};
  SHOW(poll(entries, count, -1));
  long sum = 0;
  for (int i = 0; i < count; i++) sum += entries[i].revents;
  SHOW(sum);
  must_write(ends[1], "x");
  SHOW(poll(entries, count, -1));
  sum = 0;
  for (int i = 0; i < count; i++) sum += entries[i].revents;
  SHOW(sum);
  entries[999].fd = 1020;
  SHOW(poll(entries, count, -1));
  SHOW(entries[999].revents);
  for (int i = 0; i < count; i++) entries[i].fd = -1;
  SHOW(poll(entries, count, 5));
}
