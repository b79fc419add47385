// ioctl on sockets about devices: flags, address, index, MTU and list of the loopback device, errors: netdevice(7).
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "case.h"

static struct ifreq request_for(const char* name) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strcpy(request.ifr_name, name);
  return request;
}

CASE {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct ifreq request = request_for("lo");
  SHOW(ioctl(fd, SIOCGIFFLAGS, &request));
  say("up %d, loopback %d\n", (request.ifr_flags & IFF_UP) != 0, (request.ifr_flags & IFF_LOOPBACK) != 0);
  request = request_for("lo");
  SHOW(ioctl(fd, SIOCGIFADDR, &request));
  say("%x\n", ntohl(((struct sockaddr_in*)&request.ifr_addr)->sin_addr.s_addr));
  request = request_for("lo");
  SHOW(ioctl(fd, SIOCGIFINDEX, &request));
  SHOW(request.ifr_ifindex);
  request = request_for("lo");
  SHOW(ioctl(fd, SIOCGIFMTU, &request));
  SHOW(request.ifr_mtu);
  request = request_for("");
  request.ifr_ifindex = 1;
  SHOW(ioctl(fd, SIOCGIFNAME, &request));
  say("%s\n", request.ifr_name);
  request = request_for("no_such");
  SHOW(ioctl(fd, SIOCGIFINDEX, &request));
  SHOW(ioctl(fd, SIOCGIFFLAGS, NULL));
}
