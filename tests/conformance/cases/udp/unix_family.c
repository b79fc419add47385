// A UDP socket refuses addresses of unix sockets by their family, whatever path they name: bind(2), sendto(2).
#include <sys/un.h>

#include "net.h"

CASE {
  struct sockaddr_un missing = {.sun_family = AF_UNIX, .sun_path = "missing"};
  struct sockaddr_un abstract = {.sun_family = AF_UNIX, .sun_path = "\0hidden"};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  SHOW(bind(fd, ADDRESS(missing)));
  SHOW(bind(fd, ADDRESS(abstract)));
  SHOW(connect(fd, ADDRESS(missing)));
  SHOW(connect(fd, ADDRESS(abstract)));
  SHOW(sendto(fd, "x", 1, 0, ADDRESS(missing)));
  SHOW(sendto(fd, "x", 1, 0, ADDRESS(abstract)));
  struct iovec vector = {"x", 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_name = &missing, .msg_namelen = sizeof missing};
  SHOW(sendmsg(fd, &message, 0));
  SHOW(access("missing", F_OK));
  struct sockaddr_in internet = loopback(0);
  int local = socket(AF_UNIX, SOCK_DGRAM, 0);
  SHOW(bind(local, ADDRESS(internet)));
  SHOW(connect(local, ADDRESS(internet)));
  SHOW(sendto(local, "x", 1, 0, ADDRESS(internet)));
}
