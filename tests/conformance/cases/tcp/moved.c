// A connection moved by SCM_RIGHTS to another process goes on there, with its options and unread data: unix(7).
// marks: fork
#include "net.h"
#include "pass.h"

CASE {
  int channel[2], ends[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, channel) == 0);
  pid_t child;
  START(child) {
    close(channel[0]);
    int fds[2] = {-1, -1};
    SHOW(take_descriptors(channel[1], fds, 2, 0));
    char text[16] = "";
    SHOW(recv(fds[0], text, 6, MSG_WAITALL));
    say("%s, nodelay %d, nonblocking %d\n", text, option_of(fds[0], IPPROTO_TCP, TCP_NODELAY),
        (fcntl(fds[0], F_GETFL) & O_NONBLOCK) != 0);
    NEED(send(fds[0], "moved", 5, 0) == 5);
    int fd = accept(fds[1], NULL, NULL);
    NEED(fd >= 0 && send(fd, "served", 6, 0) == 6);
  }
  close(channel[1]);
  tcp_pair(ends);
  int listener = tcp_listener();
  NEED(set_option(ends[1], IPPROTO_TCP, TCP_NODELAY, 1) == 0 && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
  NEED(send(ends[0], "unread", 6, 0) == 6);
  await_bytes(ends[1], 6);
  int fds[2] = {ends[1], listener};
  int client = connected_to(listener);
  NEED(pass_descriptors(channel[0], fds, 2) == 1);
  NEED(close(ends[1]) == 0 && close(listener) == 0);
  reap("child", child);
  char text[16] = "";
  SHOW(recv(ends[0], text, 5, MSG_WAITALL));
  say("%s\n", text);
  SHOW(recv(ends[0], text, 5, 0));
  SHOW(recv(client, text, 6, MSG_WAITALL));
  say("%s\n", text);
}
