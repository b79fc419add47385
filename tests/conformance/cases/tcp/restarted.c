// accept, recv and recvmsg go on after a handler with SA_RESTART: signal(7).
// marks: fork
#include "net.h"

static volatile sig_atomic_t handled;
static void on_signal(int number) {
  (void)number;
  handled++;
}

CASE {
  int listener = tcp_listener();
  struct sockaddr_in address = name_of(listener);
  handle(SIGUSR1, on_signal, SA_RESTART);
  pid_t child, parent = getpid();
  START(child) {
    for (int i = 0; i < 3; i++) {
      nap();
      NEED(kill(parent, SIGUSR1) == 0);
    }
    nap();
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    NEED(connect(fd, ADDRESS(address)) == 0);
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        NEED(kill(parent, SIGUSR1) == 0);
        nap();
      }
      NEED(send(fd, "abc", 3, 0) == 3);
    }
    char byte;
    NEED(recv(fd, &byte, 1, 0) == 0);
  }
  int fd = accept(listener, NULL, NULL);
  SHOW(fd >= 0);
  char text[8] = "";
  SHOW(recv(fd, text, 3, 0));
  SHOW(read(fd, text, 3));
  struct iovec vector = {text, 3};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  SHOW(recvmsg(fd, &message, 0));
  close(fd);
  reap("child", child);
  CHECK(handled >= 1);
}
