// FIONBIO and O_NONBLOCK are one flag of the open socket, common to its duplicates; FIONREAD, FIOASYNC errors:
// ioctl(2).
#include "net.h"

CASE {
  int ends[2], on = 1, off = 0, count = -1;
  tcp_pair(ends);
  int copy = dup(ends[0]);
  char byte;
  SHOW(ioctl(ends[0], FIONBIO, &on));
  SHOW((fcntl(copy, F_GETFL) & O_NONBLOCK) != 0);
  SHOW(recv(copy, &byte, 1, 0));
  SHOW(read(copy, &byte, 1));
  SHOW(ioctl(copy, FIONBIO, &off));
  SHOW((fcntl(ends[0], F_GETFL) & O_NONBLOCK) != 0);
  SHOW(fcntl(copy, F_SETFL, O_NONBLOCK));
  SHOW(recv(ends[0], &byte, 1, 0));
  SHOW(ioctl(ends[0], FIONBIO, NULL));
  SHOW(ioctl(ends[0], FIONREAD, &count));
  SHOW(count);
  SHOW(ioctl(ends[0], FIONREAD, NULL));
  SHOW(ioctl(99, FIONREAD, &count));
  NEED(send(ends[1], "12345", 5, 0) == 5);
  await(ends[0], POLLIN);
  SHOW(ioctl(copy, FIONREAD, &count));
  SHOW(count);
  SHOW(ioctl(ends[0], TIOCOUTQ, &count));
  SHOW(count);
  SHOW(ioctl(ends[0], TCGETS, &count));
  SHOW(ioctl(ends[0], 0x1234, &count));
  SHOW(ioctl(tcp_listener(), FIONREAD, &count));
  SHOW(close(ends[0]));
  SHOW(recv(copy, &byte, 1, 0));
  SHOW(close(copy));
  await(ends[1], POLLIN);
  SHOW(recv(ends[1], &byte, 1, 0));
}
