// Datagrams keep their borders and their order between processes: unix(7).
// marks: fork
#include <sys/socket.h>

#include "relatives.h"

CASE {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
  pid_t child;
  START(child) {
    for (int i = 0; i < 5; i++) {
      char text[16];
      int size = snprintf(text, sizeof text, "%.*s%d", i, "xxxxx", i);
      NEED(send(ends[1], text, (size_t)size, 0) == size);
    }
    NEED(send(ends[1], "", 0, 0) == 0);
  }
  reap("child", child);
  for (int i = 0; i < 6; i++) {
    char text[16] = "";
    ssize_t size = recv(ends[0], text, i == 3 ? 2 : 15, i == 3 ? MSG_TRUNC : 0);
    say("%ld %s\n", (long)size, text);
  }
  SHOW(recv(ends[0], NULL, 0, MSG_DONTWAIT));
}
