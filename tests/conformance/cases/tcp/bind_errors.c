// What bind refuses: twice, other people's addresses, families that do not match, sizes, bad memory: bind(2), ip(7).
#include "net.h"

CASE {
  struct sockaddr_in address = loopback(0), foreign = loopback(0);
  foreign.sin_addr.s_addr = htonl(0xc6336401);  // an address for documents
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  SHOW(bind(fd, ADDRESS(foreign)));
  SHOW(bind(fd, (struct sockaddr*)&address, 15));
  SHOW(bind(fd, (struct sockaddr*)&address, 0));
  SHOW(bind(fd, (struct sockaddr*)&address, 1000));
  SHOW(bind(fd, (struct sockaddr*)&address, (socklen_t)-1));
  SHOW(bind(fd, NULL, sizeof address));
  SHOW(bind(fd, (struct sockaddr*)1, sizeof address));
  struct sockaddr_in wrong = address;
  wrong.sin_family = AF_UNIX;
  SHOW(bind(fd, ADDRESS(wrong)));
  wrong.sin_family = AF_INET6;
  SHOW(bind(fd, ADDRESS(wrong)));
  wrong.sin_family = AF_UNSPEC;
  SHOW(bind(fd, ADDRESS(wrong)));
  SHOW(bind(99, ADDRESS(address)));
  SHOW(bind(file_with("f", ""), ADDRESS(address)));
  char space[128] = {0};
  memcpy(space, &address, sizeof address);
  SHOW(bind(fd, (struct sockaddr*)space, 128));
  SHOW(bind(fd, ADDRESS(address)));
  // AF_UNSPEC stands for AF_INET if the address is the wildcard.
  int other = socket(AF_INET, SOCK_STREAM, 0);
  wrong.sin_addr.s_addr = INADDR_ANY;
  SHOW(bind(other, ADDRESS(wrong)));
  SHOW(name_of(other).sin_family == AF_INET);
  struct sockaddr_in second = loopback(0);
  second.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 5);
  int third = socket(AF_INET, SOCK_STREAM, 0);
  SHOW(bind(third, ADDRESS(second)));
  say("%x\n", ntohl(name_of(third).sin_addr.s_addr));
}
