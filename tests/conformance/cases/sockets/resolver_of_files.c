// The name localhost comes from /etc/hosts, services and protocols from their files, gethostname is uname's: hosts(5).
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "case.h"

CASE {
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *list = NULL;
  SHOW(getaddrinfo("localhost", "80", &hints, &list));
  if (list) {
    struct sockaddr_in* address = (struct sockaddr_in*)list->ai_addr;
    say("%x, port %d\n", ntohl(address->sin_addr.s_addr), ntohs(address->sin_port));
    char name[256] = "";
    int result = getnameinfo(list->ai_addr, list->ai_addrlen, name, sizeof name, NULL, 0, NI_NAMEREQD | NI_NUMERICSERV);
    say("%d %s\n", result, name);
    freeaddrinfo(list);
  }
  struct hostent* host = gethostbyname("localhost");
  SHOW(host != NULL && host->h_addrtype == AF_INET && host->h_length == 4);
  struct servent* service = getservbyname("domain", "udp");
  say("%d\n", service ? ntohs((uint16_t)service->s_port) : -1);
  struct protoent* protocol = getprotobyname("tcp");
  say("%d\n", protocol ? protocol->p_proto : -1);
  char name[256], small[1];
  struct utsname system;
  NEED(gethostname(name, sizeof name) == 0 && uname(&system) == 0);
  SHOW(strcmp(name, system.nodename));
  SHOW(gethostname(small, 1));
}
