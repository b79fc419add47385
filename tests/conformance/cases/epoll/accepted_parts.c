// What an accepted connection has received, read in parts and in several ways after epoll_wait(2): tcp(7), recv(2).
// marks: fork lane
#include "accepted.h"

CASE {
  int epoll = epoll_create1(0), ends[2], there;
  char text[64] = "", more[64] = "";
  accepted_pair(epoll, ends);
  for (int round = 0; round < 3; round++) {
    send_all(ends[0], "0123456789", 10);
    await_ready(epoll, ends[1], 10);
    show_text("three bytes", ends[1], 3);
    NEED(ioctl(ends[1], FIONREAD, &there) == 0);
    say("left: %d\n", there);
    SHOW(recv(ends[1], text, 4, MSG_PEEK));
    say("peeked: %.4s\n", text);
    await_ready(epoll, ends[1], 7);
    struct iovec pieces[2] = {{text, 2}, {more, 3}};
    SHOW(readv(ends[1], pieces, 2));
    say("pieces: %.2s %.3s\n", text, more);
    SHOW(recv(ends[1], text, 1, MSG_DONTWAIT));
    show_text("the rest", ends[1], 32);
    show_text("no more", ends[1], 32);
    struct epoll_event event;
    SHOW(epoll_wait(epoll, &event, 1, 0));
  }
  NEED(set_option(ends[1], SOL_SOCKET, SO_PEEK_OFF, 0) == 0 || errno == EOPNOTSUPP);
  send_all(ends[0], "last", 4);
  NEED(shutdown(ends[0], SHUT_WR) == 0);
  await_ready(epoll, ends[1], 4);
  show_text("before the end", ends[1], 32);
  await(ends[1], POLLIN);
  struct epoll_event event;
  SHOW(epoll_wait(epoll, &event, 1, 60000));
  show_text("the end", ends[1], 32);
  show_text("and again", ends[1], 32);
  SHOW(write(ends[1], "answer", 6));
  show_text("after its end the peer still hears", ends[0], 32);
}
