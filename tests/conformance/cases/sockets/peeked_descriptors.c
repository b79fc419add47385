// MSG_PEEK gives descriptors too, each time anew, and leaves the message with them: unix(7).
#include "pass.h"

CASE {
  int ends[2], got[4], pipe_ends[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && pipe(pipe_ends) == 0);
  NEED(pass_descriptors(ends[0], &pipe_ends[1], 1) == 1);
  NEED(close(pipe_ends[1]) == 0);
  for (int i = 0; i < 3; i++) {
    SHOW(take_descriptors(ends[1], got + i, 1, i < 2 ? MSG_PEEK : 0));
    SHOW(fcntl(got[i], F_GETFD));
    SHOW(write(got[i], "ab", 2));
  }
  SHOW(got[0] != got[1] && got[1] != got[2]);
  SHOW(take_descriptors(ends[1], got + 3, 1, MSG_DONTWAIT));
  for (int i = 0; i < 3; i++) NEED(close(got[i]) == 0);
  char text[16];
  SHOW(read(pipe_ends[0], text, 16));
  SHOW(read(pipe_ends[0], text, 16));
  // A plain recv drops them: the pipe ends.
  NEED(pipe(pipe_ends) == 0 && pass_descriptors(ends[0], &pipe_ends[1], 1) == 1 && close(pipe_ends[1]) == 0);
  SHOW(recv(ends[1], text, 16, 0));
  SHOW(read(pipe_ends[0], text, 16));
  // A socket sent over itself is freed with it.
  NEED(pass_descriptors(ends[0], ends, 2) == 1);
  NEED(close(ends[0]) == 0 && close(ends[1]) == 0);
  SHOW(recv(ends[1], text, 1, 0));
}
