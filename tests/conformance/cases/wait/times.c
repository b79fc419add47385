// times(2): the times of children count once they were waited for.
// marks: fork
#include <sys/times.h>

#include "relatives.h"

CASE {
  struct tms before, after;
  pid_t child;
  START(child) {
    struct tms now;
    do NEED(times(&now) != -1);
    while (now.tms_utime + now.tms_stime < 20);
  }
  await_zombie(child);
  NEED(times(&before) != -1);
  reap("child", child);
  NEED(times(&after) != -1);
  SHOW(before.tms_cutime + before.tms_cstime);
  CHECK(after.tms_cutime + after.tms_cstime >= 15);
}
