// A server that forks for each connection; clients are processes too: unix(7).
// marks: fork, lane
#include <sys/socket.h>
#include <sys/un.h>

#include "relatives.h"

CASE {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  NEED(bind(listener, (struct sockaddr*)&address, sizeof address) == 0 && listen(listener, 10) == 0);
  pid_t server, clients[6];
  START(server) for (int i = 0; i < 6; i++) {
    int fd = accept(listener, NULL, NULL);
    pid_t worker;
    NEED(fd >= 0);
    START(worker) {
      int number;
      NEED(recv(fd, &number, sizeof number, MSG_WAITALL) == sizeof number);
      number = number * number;
      NEED(send(fd, &number, sizeof number, 0) == sizeof number);
    }
    close(fd);
    if (i == 5)
      while (wait(NULL) > 0) continue;
  }
  for (int i = 0; i < 6; i++) START(clients[i]) {
      int fd = socket(AF_UNIX, SOCK_STREAM, 0), number = i + 1;
      NEED(connect(fd, (struct sockaddr*)&address, sizeof address) == 0);
      NEED(send(fd, &number, sizeof number, 0) == sizeof number);
      NEED(recv(fd, &number, sizeof number, MSG_WAITALL) == sizeof number);
      _exit(number);
    }
  for (int i = 0; i < 6; i++) reap("client", clients[i]);
  reap("server", server);
}
