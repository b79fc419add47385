// An epoll that is sent over a socket is the same list; both sides change and wait on it: epoll(7), unix(7).
// marks: fork
#include "passing.h"
#include "readiness.h"

CASE {
  int pair[2], ends[2], back[2];
  make_pair(pair, SOCK_STREAM);
  make_pipe(ends);
  make_pipe(back);
  struct gate done = make_gate();
  pid_t child;
  START(child) {
    int epoll = receive_fd(pair[1]);
    show_wait("child", epoll, 8, 10000);
    watch(epoll, back[0], EPOLLIN, 2);
    NEED(control(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN, 3) == 0);
    open_gate(done);
  }
  int epoll = make_epoll();
  watch(epoll, ends[0], EPOLLIN, 1);
  send_fd(pair[0], epoll);
  must_write(ends[1], "x");
  pass_gate(done);
  reap("child", child);
  must_write(back[1], "y");
  show_ready("parent", epoll);
}
