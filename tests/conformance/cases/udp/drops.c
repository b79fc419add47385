// A receiver that does not read loses datagrams, the sender never waits; what is there is whole and in order: udp(7).
#include "net.h"

CASE {
  int ends[2];
  udp_pair(ends);
  NEED(set_option(ends[1], SOL_SOCKET, SO_RCVBUF, 20000) == 0);
  static char out[1000], in[2000];
  for (int i = 0; i < 500; i++) {
    snprintf(out, sizeof out, "%d", i);
    NEED(send(ends[0], out, sizeof out, 0) == sizeof out);
  }
  await(ends[1], POLLIN);
  int count = 0, last = -1, ordered = 1, whole = 1;
  for (;;) {
    ssize_t got = recv(ends[1], in, sizeof in, MSG_DONTWAIT);
    if (got == -1) break;
    whole &= got == sizeof out;
    ordered &= atoi(in) > last;
    last = atoi(in);
    count++;
  }
  say("%s\n", errno_name(errno));
  CHECK(count > 5 && count < 400);
  SHOW(ordered);
  SHOW(whole);
}
