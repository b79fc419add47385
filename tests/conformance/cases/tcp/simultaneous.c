// A socket that connects to itself, as TCP allows: what it sends it receives: tcp(7).
#include "net.h"

CASE {
  int fd = bound_socket(SOCK_STREAM);
  struct sockaddr_in own = name_of(fd), peer;
  SHOW(connect(fd, ADDRESS(own)));
  socklen_t size = sizeof peer;
  SHOW(getpeername(fd, (struct sockaddr*)&peer, &size));
  SHOW(peer.sin_port == own.sin_port);
  SHOW(send(fd, "echo", 4, 0));
  char text[8] = "";
  SHOW(recv(fd, text, 4, MSG_WAITALL));
  say("%s\n", text);
  SHOW(shutdown(fd, SHUT_WR));
  SHOW(recv(fd, text, 4, 0));
  SHOW(close(fd));
}
