// An accepted connection that others share by fork, by a message or as a duplicate: each byte is read once, and every
// answer is whole.
// marks: fork lane
#include "accepted.h"
#include "passing.h"

CASE {
  int epoll = epoll_create1(0), ends[2], unix_ends[2];
  pid_t child;
  char text[32] = "";
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, unix_ends) == 0);
  accepted_pair(epoll, ends);
  struct gate begin = make_gate(), done = make_gate();
  send_all(ends[0], "0123456789", 10);
  await_ready(epoll, ends[1], 10);
  show_text("alone", ends[1], 2);
  START(child) {
    pass_gate(begin);
    show_text("child", ends[1], 3);
    NEED(write(ends[1], "child ", 6) == 6);
    open_gate(done);
    int fd = receive_fd(unix_ends[1]);
    show_text("by message", fd, 2);
    NEED(write(fd, "message", 7) == 7);
    open_gate(done);
  }
  await_ready(epoll, ends[1], 8);
  open_gate(begin);
  pass_gate(done);
  show_text("parent", ends[1], 2);
  NEED(write(ends[1], "parent ", 7) == 7);
  send_fd(unix_ends[0], ends[1]);
  pass_gate(done);
  reap("child", child);
  send_all(ends[0], "abc", 3);
  await_ready(epoll, ends[1], 4);
  int copy = dup(ends[1]);
  show_text("duplicate", copy, 2);
  show_text("original", ends[1], 32);
  NEED(write(copy, " copy", 5) == 5 && write(ends[1], " end", 4) == 4);
  SHOW(recv(ends[0], text, 29, MSG_WAITALL));
  say("%s\n", text);
}
