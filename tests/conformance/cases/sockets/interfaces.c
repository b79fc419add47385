// The loopback device by if_nametoindex, if_indextoname, getifaddrs and if_nameindex: netdevice(7), getifaddrs(3).
// variants: musl
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "case.h"

CASE {
  char name[IF_NAMESIZE] = "";
  SHOW(if_nametoindex("lo"));
  SHOW(if_nametoindex("no_such_device"));
  SHOW(if_indextoname(1, name) != NULL);
  say("%s\n", name);
  errno = 0;
  SHOW(if_indextoname(987654, name) != NULL);
  say("%s\n", errno_name(errno));
  struct ifaddrs* list;
  SHOW(getifaddrs(&list));
  for (struct ifaddrs* one = list; one; one = one->ifa_next) {
    if (strcmp(one->ifa_name, "lo") != 0 || !one->ifa_addr || one->ifa_addr->sa_family != AF_INET) continue;
    say("lo: address %x, mask %x, up %d, loopback %d\n", ntohl(((struct sockaddr_in*)one->ifa_addr)->sin_addr.s_addr),
        ntohl(((struct sockaddr_in*)one->ifa_netmask)->sin_addr.s_addr), (one->ifa_flags & IFF_UP) != 0,
        (one->ifa_flags & IFF_LOOPBACK) != 0);
  }
  freeifaddrs(list);
  struct if_nameindex* names = if_nameindex();
  SHOW(names != NULL);
  for (int i = 0; names && names[i].if_index; i++)
    if (names[i].if_index == 1) say("1: %s\n", names[i].if_name);
  if (names) if_freenameindex(names);
}
