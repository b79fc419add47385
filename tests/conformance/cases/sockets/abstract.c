// Abstract names: bound, connected to, told by getsockname, getpeername, accept and recvfrom, taken twice, longest and
// shortest, kept apart by type: unix(7).
#include <stddef.h>
#include <sys/un.h>

#include "net.h"
#include "relatives.h"

static socklen_t abstract(struct sockaddr_un* to, const char* name, size_t size) {
  memset(to, 0, sizeof *to);
  to->sun_family = AF_UNIX;
  memcpy(to->sun_path + 1, name, size);
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + size);
}

static void say_name(const char* of, const struct sockaddr_un* at, socklen_t size) {
  say("%s: %u bytes", of, size);
  for (socklen_t i = offsetof(struct sockaddr_un, sun_path); i < size && i < sizeof *at; i++)
    say(" %02x", ((const unsigned char*)at)[i]);
  say("\n");
}

CASE {
  struct sockaddr_un at, got;
  socklen_t size, length;
  int server = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);
  int client = socket(AF_UNIX, SOCK_STREAM, 0);
  size = abstract(&at, "kx case\0with\0zeros", 18);
  SHOW(connect(client, (struct sockaddr*)&at, size));
  SHOW(bind(server, (struct sockaddr*)&at, size));
  SHOW(bind(server, (struct sockaddr*)&at, size));
  SHOW(bind(other, (struct sockaddr*)&at, size));
  SHOW(connect(client, (struct sockaddr*)&at, size));
  SHOW(listen(server, 3));
  length = sizeof got;
  SHOW(getsockname(server, (struct sockaddr*)&got, &length));
  say_name("own", &got, length);
  length = 6;
  memset(&got, 0xee, sizeof got);
  SHOW(getsockname(server, (struct sockaddr*)&got, &length));
  say_name("cut", &got, 9);
  say("%u\n", length);
  struct sockaddr_un mine;
  socklen_t mine_size = abstract(&mine, "client", 6);
  SHOW(bind(client, (struct sockaddr*)&mine, mine_size));
  pid_t pid;
  START(pid) {
    SHOW(connect(client, (struct sockaddr*)&at, size));
    length = sizeof got;
    SHOW(getpeername(client, (struct sockaddr*)&got, &length));
    say_name("peer", &got, length);
    NEED(write(client, "hello", 5) == 5);
  }
  reap("client", pid);
  length = sizeof got;
  int end = accept(server, (struct sockaddr*)&got, &length);
  say_name("accepted", &got, length);
  char text[16] = "";
  SHOW(read(end, text, sizeof text));
  say("%s\n", text);
  close(client), close(end);

  int one = socket(AF_UNIX, SOCK_DGRAM, 0), two = socket(AF_UNIX, SOCK_DGRAM, 0);
  SHOW(bind(one, (struct sockaddr*)&at, size));  // a name of its own for each type
  SHOW(bind(two, (struct sockaddr*)&mine, mine_size));
  SHOW(sendto(two, "datagram", 8, 0, (struct sockaddr*)&at, size));
  length = sizeof got;
  SHOW(recvfrom(one, text, sizeof text, 0, (struct sockaddr*)&got, &length));
  say_name("from", &got, length);
  SHOW(sendto(one, "back", 4, 0, (struct sockaddr*)&got, length));
  SHOW(recv(two, text, sizeof text, 0));
  close(two);
  SHOW(sendto(one, "back", 4, 0, (struct sockaddr*)&got, length));

  char longest[107];
  memset(longest, 'l', sizeof longest);
  size = abstract(&at, longest, sizeof longest);
  int most = socket(AF_UNIX, SOCK_SEQPACKET, 0), least = socket(AF_UNIX, SOCK_SEQPACKET, 0);
  SHOW(bind(most, (struct sockaddr*)&at, size));
  length = sizeof got;
  SHOW(getsockname(most, (struct sockaddr*)&got, &length));
  CHECK(length == size && memcmp(&at, &got, size) == 0);
  SHOW(bind(least, (struct sockaddr*)&at, size + 1));
  size = abstract(&at, "", 0);
  SHOW(bind(least, (struct sockaddr*)&at, size));
  length = sizeof got;
  SHOW(getsockname(least, (struct sockaddr*)&got, &length));
  say_name("least", &got, length);
}
