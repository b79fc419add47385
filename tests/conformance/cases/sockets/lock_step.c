// A pair as a channel in lock step between parent and child, as postgres and others start their helpers: socketpair(2).
// marks: fork
// variants: static, musl
#include <sys/socket.h>

#include "relatives.h"

CASE {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  pid_t child;
  START(child) {
    close(ends[0]);
    int value;
    while (read(ends[1], &value, sizeof value) == sizeof value) {
      value = value * 3 + 1;
      NEED(write(ends[1], &value, sizeof value) == sizeof value);
    }
    say("child: end of file\n");
  }
  close(ends[1]);
  int value = 1;
  for (int i = 0; i < 300; i++) {
    NEED(write(ends[0], &value, sizeof value) == sizeof value);
    NEED(read(ends[0], &value, sizeof value) == sizeof value);
    value &= 0xffff;
  }
  SHOW(value);
  NEED(shutdown(ends[0], SHUT_WR) == 0);
  SHOW(read(ends[0], &value, sizeof value));
  reap("child", child);
}
