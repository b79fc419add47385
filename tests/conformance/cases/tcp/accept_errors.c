// What accept refuses: no socket, no listener, datagrams, bad addresses; a bad size does not lose the listener:
// accept(2).
#include "net.h"

CASE {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  int plain = socket(AF_INET, SOCK_STREAM, 0), datagrams = bound_socket(SOCK_DGRAM), file = file_with("file", "x");
  SHOW(accept(99, NULL, NULL));
  SHOW(accept(file, NULL, NULL));
  SHOW(accept(plain, NULL, NULL));
  SHOW(accept(datagrams, NULL, NULL));
  int ends[2];
  tcp_pair(ends);
  SHOW(accept(ends[0], NULL, NULL));
  int bound = bound_socket(SOCK_STREAM);
  SHOW(accept(bound, NULL, NULL));
  SHOW(accept(bound, (struct sockaddr*)&address, &size));
  int listener = tcp_listener();
  NEED(fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
  SHOW(accept(listener, NULL, NULL));
  SHOW(accept(listener, (struct sockaddr*)&address, &size));
  SHOW(size);
  int client = connected_to(listener);
  await(listener, POLLIN);
  STATUS(accept(listener, (struct sockaddr*)&address, &size));
  SHOW(size);
  SHOW(address.sin_port == name_of(client).sin_port);
}
