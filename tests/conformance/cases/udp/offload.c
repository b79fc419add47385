// UDP_SEGMENT, UDP_GRO and UDP_CORK as options: values, limits, and that segments come as datagrams: udp(7).
#include <netinet/udp.h>

#include "net.h"

static void try_value(int fd, const char* what, int name, int value) {
  int result = set_option(fd, IPPROTO_UDP, name, value);
  say("%s %d: %s", what, value, result == 0 ? "ok" : errno_name(errno));
  say(", now %d\n", option_of(fd, IPPROTO_UDP, name));
}

CASE {
  int ends[2];
  udp_pair(ends);
  try_value(ends[0], "segment", UDP_SEGMENT, -1);
  try_value(ends[0], "segment", UDP_SEGMENT, 65536);
  try_value(ends[0], "segment", UDP_SEGMENT, 100);
  char text[512] = "";
  SHOW(send(ends[0], text, 250, 0));
  for (int i = 0; i < 3; i++) {
    await(ends[1], POLLIN);
    SHOW(recv(ends[1], text, sizeof text, 0));
  }
  try_value(ends[0], "segment", UDP_SEGMENT, 0);
  try_value(ends[1], "gro", UDP_GRO, 1);
  try_value(ends[1], "gro", UDP_GRO, 0);
  try_value(ends[0], "cork", UDP_CORK, 1);
  SHOW(send(ends[0], "one ", 4, 0));
  SHOW(send(ends[0], "two", 3, 0));
  SHOW(recv(ends[1], text, sizeof text, MSG_DONTWAIT));
  try_value(ends[0], "cork", UDP_CORK, 0);
  await(ends[1], POLLIN);
  SHOW(recv(ends[1], text, sizeof text, 0));
  say("%.7s\n", text);
  SHOW(send(ends[0], "a", 1, MSG_MORE));
  SHOW(send(ends[0], "b", 1, 0));
  await(ends[1], POLLIN);
  SHOW(recv(ends[1], text, sizeof text, 0));
  try_value(ends[0], "unknown", 999, 1);
}
