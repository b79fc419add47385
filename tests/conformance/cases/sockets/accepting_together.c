// Two processes accept on one inherited listening socket; each connection goes to one of them: accept(2).
// marks: fork
#include <sys/socket.h>
#include <sys/un.h>

#include "relatives.h"

CASE {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
  NEED(bind(listener, (struct sockaddr*)&address, sizeof address) == 0 && listen(listener, 20) == 0);
  pid_t servers[2];
  for (int i = 0; i < 2; i++) START(servers[i]) {
      for (;;) {
        int fd = accept(listener, NULL, NULL);
        char byte = 0;
        NEED(fd >= 0 && recv(fd, &byte, 1, 0) == 1);
        if (byte == 'q') break;
        NEED(send(fd, "answer", 6, 0) == 6 && close(fd) == 0);
      }
    }
  int right = 0;
  for (int i = 0; i < 12; i++) {
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    char text[8] = "";
    NEED(connect(fd, (struct sockaddr*)&address, sizeof address) == 0);
    NEED(send(fd, i < 10 ? "r" : "q", 1, 0) == 1);
    if (i < 10) right += recv(fd, text, 7, 0) == 6;
    close(fd);
  }
  for (int i = 0; i < 2; i++) reap("server", servers[i]);
  SHOW(right);
}
