// Binding a port twice: EADDRINUSE, with SO_REUSEADDR allowed until one listens: socket(7), bind(2).
#include "net.h"

CASE {
  int first = socket(AF_INET, SOCK_STREAM, 0), second = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = loopback(0);
  SHOW(option_of(first, SOL_SOCKET, SO_REUSEADDR));
  SHOW(bind(first, ADDRESS(address)));
  address = name_of(first);
  SHOW(bind(second, ADDRESS(address)));
  SHOW(set_option(first, SOL_SOCKET, SO_REUSEADDR, 7));
  SHOW(option_of(first, SOL_SOCKET, SO_REUSEADDR));
  SHOW(bind(second, ADDRESS(address)));
  SHOW(set_option(second, SOL_SOCKET, SO_REUSEADDR, 1));
  SHOW(bind(second, ADDRESS(address)));
  SHOW(bind(second, ADDRESS(address)));
  SHOW(listen(first, 1));
  SHOW(listen(second, 1));
  int third = socket(AF_INET, SOCK_STREAM, 0);
  NEED(set_option(third, SOL_SOCKET, SO_REUSEADDR, 1) == 0);
  SHOW(bind(third, ADDRESS(address)));
  // What is left of an accepted connection keeps the port from those without the option only.
  int client = connected_to(first), served = accept(first, NULL, NULL);
  NEED(served >= 0 && close(first) == 0 && close(second) == 0);
  SHOW(bind(socket(AF_INET, SOCK_STREAM, 0), ADDRESS(address)));
  SHOW(bind(third, ADDRESS(address)));
  SHOW(listen(third, 1));
  close(client);
}
