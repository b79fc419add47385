// recvfrom tells the sender, with short room its size; sendto needs an address; errors of addresses: udp(7), recv(2).
#include "net.h"

CASE {
  int first = bound_socket(SOCK_DGRAM), second = bound_socket(SOCK_DGRAM);
  struct sockaddr_in address = name_of(second), from;
  char text[16];
  for (socklen_t room = 0; room <= 24; room += 8) {
    unsigned char space[32];
    memset(space, 0xee, sizeof space);
    NEED(sendto(first, "datagram", 8, 0, ADDRESS(address)) == 8);
    await(second, POLLIN);
    socklen_t size = room;
    SHOW(recvfrom(second, text, sizeof text, 0, (struct sockaddr*)space, &size));
    from = name_of(first);
    size_t copied = room < 16 ? room : 16;
    say("room %u: size %u, right %d, untouched %d\n", room, size, memcmp(space, &from, copied) == 0,
        space[copied] == 0xee);
  }
  SHOW(sendto(first, "x", 1, 0, NULL, 0));
  SHOW(sendto(first, "x", 1, 0, (struct sockaddr*)&address, 8));
  SHOW(sendto(first, "x", 1, 0, (struct sockaddr*)&address, 200));
  SHOW(sendto(first, "x", 1, 0, (struct sockaddr*)8, sizeof address));
  struct sockaddr_in wrong = address;
  wrong.sin_port = 0;
  SHOW(sendto(first, "x", 1, 0, ADDRESS(wrong)));
  wrong = address;
  wrong.sin_family = 77;
  SHOW(sendto(first, "x", 1, 0, ADDRESS(wrong)));
  wrong.sin_family = AF_UNSPEC;
  SHOW(sendto(first, "x", 1, 0, ADDRESS(wrong)));
  await(second, POLLIN);
  SHOW(recvfrom(second, text, 1, 0, (struct sockaddr*)&from, NULL));
  socklen_t size = (socklen_t)-1;
  SHOW(recvfrom(second, text, 1, MSG_DONTWAIT, (struct sockaddr*)&from, &size));
  SHOW(recvfrom(second, text, 1, MSG_DONTWAIT, NULL, NULL));
}
