// SO_PEEK_OFF: each peek goes on where the last one ended, reading moves it back; datagrams too: socket(7).
#include <sys/socket.h>

#include "case.h"

CASE {
  int ends[2], value = -5;
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  socklen_t size = sizeof value;
  char text[16] = "";
  SHOW(getsockopt(ends[1], SOL_SOCKET, SO_PEEK_OFF, &value, &size));
  SHOW(value);
  value = 2;
  SHOW(setsockopt(ends[1], SOL_SOCKET, SO_PEEK_OFF, &value, sizeof value));
  NEED(send(ends[0], "abcdefgh", 8, 0) == 8);
  for (int i = 0; i < 3; i++) {
    memset(text, 0, sizeof text);
    SHOW(recv(ends[1], text, 2, MSG_PEEK | MSG_DONTWAIT));
    say("%s\n", text);
  }
  SHOW(recv(ends[1], text, 3, 0));
  NEED(getsockopt(ends[1], SOL_SOCKET, SO_PEEK_OFF, &value, &size) == 0);
  SHOW(value);
  SHOW(recv(ends[1], text, 3, MSG_PEEK | MSG_DONTWAIT));
  NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
  value = 3;
  NEED(setsockopt(ends[1], SOL_SOCKET, SO_PEEK_OFF, &value, sizeof value) == 0);
  NEED(send(ends[0], "abcdefgh", 8, 0) == 8);
  memset(text, 0, sizeof text);
  SHOW(recv(ends[1], text, 16, MSG_PEEK | MSG_DONTWAIT));
  say("%s\n", text);
  SHOW(recv(ends[1], text, 16, MSG_DONTWAIT));
}
