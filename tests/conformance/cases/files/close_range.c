// close_range closes a range, or marks it close-on-exec: close_range(2).
#include "case.h"

static void show_open(void) {
  for (int fd = 3; fd < 15; fd++) {
    int flags = fcntl(fd, F_GETFD);
    say("%c", flags == -1 ? '.' : flags ? 'x' : 'o');
  }
  say("\n");
}

CASE {
  for (int fd = 0; fd < 10; fd++) NEED(dup(0) == 3 + fd);
  show_open();
  SHOW(close_range(5, 7, 0));
  show_open();
  SHOW(close_range(9, 10, CLOSE_RANGE_CLOEXEC));
  show_open();
  SHOW(close_range(8, 5, 0));
  SHOW(close_range(3, 5, 0x100));
  SHOW(close_range(10, ~0u, 0));
  show_open();
  SHOW(dup(0));
}
