// The peer's address by accept with short, exact, long and negative sizes; the full size is told: accept(2).
#include "net.h"

CASE {
  int listener = tcp_listener();
  static const socklen_t sizes[] = {0, 2, 4, 16, 20, 64};
  for (int i = 0; i < 6; i++) {
    int client = connected_to(listener);
    unsigned char space[64];
    memset(space, 0xee, sizeof space);
    socklen_t size = sizes[i];
    int fd = accept(listener, (struct sockaddr*)space, &size);
    NEED(fd >= 0);
    struct sockaddr_in expected = name_of(client);
    size_t copied = sizes[i] < 16 ? sizes[i] : 16;
    say("room %u: size %u, right %d, untouched %d\n", sizes[i], size, memcmp(space, &expected, copied) == 0,
        space[copied < 64 ? copied : 63] == 0xee);
    close(fd);
    close(client);
  }
  int client = connected_to(listener);
  struct sockaddr_in address;
  socklen_t size = (socklen_t)-1;
  SHOW(accept(listener, (struct sockaddr*)&address, &size));
  // The connection may be gone with the error; a new one is there in any case.
  close(client);
  client = connected_to(listener);
  size = sizeof address;
  STATUS(accept(listener, (struct sockaddr*)&address, &size));
  SHOW(size);
  SHOW(address.sin_family == AF_INET);
}
