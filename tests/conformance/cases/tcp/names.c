// getsockname and getpeername: short room, negative and unreadable sizes, sockets without a peer: getsockname(2).
#include "net.h"

CASE {
  int fd = socket(AF_INET, SOCK_STREAM, 0), ends[2];
  struct sockaddr_in address = {0};
  socklen_t size = sizeof address;
  SHOW(getsockname(fd, (struct sockaddr*)&address, &size));
  SHOW(size);
  say("unbound: family %d, port %d, address %x\n", address.sin_family == AF_INET, address.sin_port,
      address.sin_addr.s_addr);
  SHOW(getpeername(fd, (struct sockaddr*)&address, &size));
  tcp_pair(ends);
  unsigned char space[32];
  for (socklen_t room = 0; room <= 20; room += 5) {
    memset(space, 0xee, sizeof space);
    size = room;
    SHOW(getpeername(ends[0], (struct sockaddr*)space, &size));
    struct sockaddr_in expected = name_of(ends[1]);
    size_t copied = room < 16 ? room : 16;
    say("room %u: size %u, right %d, untouched %d\n", room, size, memcmp(space, &expected, copied) == 0,
        space[copied] == 0xee);
  }
  size = (socklen_t)-3;
  SHOW(getsockname(ends[0], (struct sockaddr*)space, &size));
  size = sizeof address;
  SHOW(getsockname(ends[0], NULL, &size));
  SHOW(getsockname(ends[0], (struct sockaddr*)space, NULL));
  SHOW(getsockname(99, (struct sockaddr*)space, &size));
  SHOW(getpeername(file_with("f", ""), (struct sockaddr*)space, &size));
  SHOW(getsockname(STDOUT_FILENO, NULL, NULL));
  // After the peer has shut down its end it still has a name.
  NEED(shutdown(ends[1], SHUT_RDWR) == 0);
  await(ends[0], POLLIN);
  size = sizeof address;
  SHOW(getpeername(ends[0], (struct sockaddr*)&address, &size));
}
