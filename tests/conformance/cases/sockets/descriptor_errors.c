// Passing what is no descriptor, too many, and receiving with too little room: unix(7).
// marks: fork
#include "pass.h"

CASE {
  int ends[2], fds[300], got[4] = {-1, -1, -1, -1};
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  for (int i = 0; i < 300; i++) fds[i] = 0;
  fds[1] = 99;
  SHOW(pass_descriptors(ends[0], fds, 2));
  fds[1] = 0;
  SHOW(pass_descriptors(ends[0], fds, 254));
  SHOW(pass_descriptors(ends[0], fds, 3));
  SHOW(take_descriptors(ends[1], got, 2, 0));
  SHOW(last_flags & MSG_CTRUNC);
  pid_t child;
  START(child) {
    SHOW(pass_descriptors(ends[0], fds, 2));
    char byte;
    SHOW(recv(ends[1], &byte, 1, 0));
  }
  reap("child", child);
  SHOW(got[0] > 2 && got[1] > 2);
}
