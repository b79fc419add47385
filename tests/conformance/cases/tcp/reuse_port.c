// SO_REUSEPORT: several listeners on one port share the connections, all of which are accepted: socket(7).
#include "net.h"

CASE {
  int listeners[3];
  struct sockaddr_in address = loopback(0);
  for (int i = 0; i < 3; i++) {
    listeners[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (i == 2) SHOW(bind(listeners[i], ADDRESS(address)));
    NEED(set_option(listeners[i], SOL_SOCKET, SO_REUSEPORT, 1) == 0);
    SHOW(bind(listeners[i], ADDRESS(address)));
    if (i == 0) address = name_of(listeners[0]);
    SHOW(listen(listeners[i], 64));
  }
  SHOW(option_of(listeners[2], SOL_SOCKET, SO_REUSEPORT));
  int clients[48], total = 0;
  for (int i = 0; i < 48; i++) {
    clients[i] = socket(AF_INET, SOCK_STREAM, 0);
    NEED(connect(clients[i], ADDRESS(address)) == 0 && send(clients[i], "x", 1, 0) == 1);
  }
  while (total < 48) {
    struct pollfd all[3] = {{listeners[0], POLLIN, 0}, {listeners[1], POLLIN, 0}, {listeners[2], POLLIN, 0}};
    NEED(poll(all, 3, 60000) > 0);
    for (int i = 0; i < 3; i++) {
      int fd = accept(listeners[i], NULL, NULL);
      if (fd == -1) continue;
      char byte;
      NEED(recv(fd, &byte, 1, 0) == 1);
      total++;
      close(fd);
    }
  }
  SHOW(total);
  for (int i = 0; i < 3; i++) SHOW(accept(listeners[i], NULL, NULL));
}
