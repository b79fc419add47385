// Four processes accept on one inherited listener, as nginx workers do; each request has one answer: accept(2).
// marks: fork
#include "net.h"

CASE {
  int listener = tcp_listener();
  struct sockaddr_in address = name_of(listener);
  pid_t workers[4];
  for (int i = 0; i < 4; i++) START(workers[i]) {
      for (;;) {
        char byte = 0;
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        NEED(fd >= 0 && recv(fd, &byte, 1, 0) == 1);
        if (byte == 'q') break;
        byte++;
        NEED(send(fd, &byte, 1, 0) == 1 && close(fd) == 0);
      }
    }
  int right = 0;
  for (int i = 0; i < 40; i++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char byte = (char)('A' + i % 20), answer = 0;
    NEED(connect(fd, ADDRESS(address)) == 0 && send(fd, &byte, 1, 0) == 1);
    right += recv(fd, &answer, 1, 0) == 1 && answer == byte + 1;
    NEED(recv(fd, &answer, 1, 0) == 0 && close(fd) == 0);
  }
  SHOW(right);
  for (int i = 0; i < 4; i++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    NEED(connect(fd, ADDRESS(address)) == 0 && send(fd, "q", 1, 0) == 1);
  }
  for (int i = 0; i < 4; i++) reap("worker", workers[i]);
}
