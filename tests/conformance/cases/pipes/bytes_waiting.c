// FIONREAD in one process counts what the other has written: ioctl_tty(2).
// marks: fork
#include <sys/ioctl.h>

#include "relatives.h"

CASE {
  int ends[2], count = -1;
  NEED(pipe(ends) == 0);
  SHOW(ioctl(ends[0], FIONREAD, &count));
  SHOW(count);
  pid_t child;
  START(child) NEED(write(ends[1], "0123456789", 10) == 10);
  reap("child", child);
  SHOW(ioctl(ends[0], FIONREAD, &count));
  SHOW(count);
  char text[4];
  START(child) NEED(read(ends[0], text, 4) == 4);
  reap("child", child);
  SHOW(ioctl(ends[0], FIONREAD, &count));
  SHOW(count);
}
