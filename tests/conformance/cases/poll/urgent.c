// Urgent data of tcp: POLLPRI, the exception set of select, the mark, EPOLLPRI: tcp(7), select(2).
#include <netinet/in.h>
#include <sys/select.h>

#include "readiness.h"

static int sender, receiver;

static void show_select(const char* when) {
  fd_set in, out, except;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_ZERO(&except);
  FD_SET(receiver, &in);
  FD_SET(receiver, &out);
  FD_SET(receiver, &except);
  int count = select(receiver + 1, &in, &out, &except, &(struct timeval){10, 0});
  say("%s: %d in %d out %d except %d\n", when, count, FD_ISSET(receiver, &in) != 0, FD_ISSET(receiver, &out) != 0,
      FD_ISSET(receiver, &except) != 0);
}

CASE {
  int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = make_epoll();
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  NEED(bind(listener, (struct sockaddr*)&address, size) == 0 && listen(listener, 1) == 0);
  NEED(getsockname(listener, (struct sockaddr*)&address, &size) == 0);
  sender = socket(AF_INET, SOCK_STREAM, 0);
  NEED(connect(sender, (struct sockaddr*)&address, size) == 0);
  receiver = accept(listener, NULL, NULL);
  watch(epoll, receiver, EPOLLPRI, 1);
  show_select("nothing");
  must_write(sender, "ab");
  SHOW(send(sender, "!", 1, MSG_OOB));
  show_poll("urgent", receiver, POLLPRI, 10000);
  show_select("urgent");
  show_ready("epoll", epoll);
  char text[8];
  SHOW(recv(receiver, text, 1, MSG_OOB));
  say("%c\n", text[0]);
  SHOW(recv(receiver, text, 1, MSG_OOB));
  show_poll("urgent was read", receiver, POLLPRI, 0);
  SHOW(read(receiver, text, 8));
  show_select("all read");
  show_ready("epoll", epoll);
}
