// splice between sockets and a pipe in both ways, as proxies do; errors and EAGAIN: splice(2).
#include "net.h"

CASE {
  int ends[2], pipe_ends[2];
  tcp_pair(ends);
  NEED(pipe(pipe_ends) == 0);
  char text[16] = "";
  NEED(send(ends[0], "through a pipe", 14, 0) == 14);
  await_bytes(ends[1], 14);
  SHOW(splice(ends[1], NULL, pipe_ends[1], NULL, 7, SPLICE_F_MOVE));
  SHOW(splice(ends[1], NULL, pipe_ends[1], NULL, 100, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
  // The flag of the call is for the pipe; the socket has its own.
  NEED(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
  SHOW(splice(ends[1], NULL, pipe_ends[1], NULL, 100, 0));
  SHOW(splice(pipe_ends[0], NULL, ends[1], NULL, 100, SPLICE_F_MORE));
  SHOW(splice(pipe_ends[0], NULL, ends[1], NULL, 100, SPLICE_F_NONBLOCK));
  NEED(shutdown(ends[1], SHUT_WR) == 0);
  SHOW(recv(ends[0], text, 14, MSG_WAITALL));
  say("%s\n", text);
  loff_t offset = 0;
  SHOW(splice(ends[0], &offset, pipe_ends[1], NULL, 1, 0));
  SHOW(splice(ends[0], NULL, ends[1], NULL, 1, 0));
  NEED(shutdown(ends[0], SHUT_WR) == 0);
  SHOW(splice(ends[1], NULL, pipe_ends[1], NULL, 100, 0));
  int lone = socket(AF_INET, SOCK_STREAM, 0);
  SHOW(splice(lone, NULL, pipe_ends[1], NULL, 1, 0));
  signal(SIGPIPE, SIG_IGN);
  NEED(write(pipe_ends[1], "x", 1) == 1);
  SHOW(splice(pipe_ends[0], NULL, ends[0], NULL, 1, 0));
}
