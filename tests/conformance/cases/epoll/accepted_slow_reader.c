// Answers to a peer that does not read: they are refused once the buffers are full, small ones too, and all that was
// taken comes in order: send(2), SO_SNDBUF in socket(7).
// marks: fork lane
#include "accepted.h"

CASE {
  for (int small = 0; small < 2; small++) {
    int epoll = epoll_create1(0), listener = tcp_listener(), fd, peer;
    struct epoll_event event = {.events = EPOLLIN};
    if (small)
      NEED(set_option(listener, SOL_SOCKET, SO_SNDBUF, 4608) == 0 &&
           set_option(listener, SOL_SOCKET, SO_RCVBUF, 4608) == 0);
    peer = connected_to(listener);
    NEED((event.data.fd = fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0);
    NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0 && set_option(peer, IPPROTO_TCP, TCP_NODELAY, 1) == 0);
    uint32_t next = 0, expected = 0;
    int refused = 0;
    for (int round = 0; round < 200 && !refused; round++) {
      char byte;
      send_all(peer, "?", 1);
      NEED(epoll_wait(epoll, &event, 1, 60000) == 1 && read(fd, &byte, 1) == 1);
      for (int i = 0; i < 100; i++) {
        uint32_t answer[256];
        for (int k = 0; k < 256; k++) answer[k] = next + (uint32_t)k;
        ssize_t sent = write(fd, answer, sizeof answer);
        if (sent == -1) {
          NEED(errno == EAGAIN);
          refused = 1;
          break;
        }
        NEED(sent > 0);
        if (sent % 4 != 0) {  // the rest of a number, once there is room
          refused = 1;
          next += (uint32_t)(sent / 4);
          break;
        }
        next += (uint32_t)(sent / 4);
      }
    }
    CHECK(refused);
    uint32_t got[256];
    while (expected < next) {
      size_t wanted = (next - expected) * 4 < sizeof got ? (next - expected) * 4 : sizeof got;
      NEED(recv(peer, got, wanted, MSG_WAITALL) == (ssize_t)wanted);
      for (size_t k = 0; k < wanted / 4; k++)
        if (got[k] != expected++) {
          say("out of order\n");
          return;
        }
    }
    say("all in order\n");
    NEED(close(fd) == 0 && close(peer) == 0 && close(listener) == 0 && close(epoll) == 0);
  }
}
