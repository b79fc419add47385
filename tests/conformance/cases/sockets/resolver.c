// getaddrinfo with numbers: hints, passive, services, errors; getnameinfo back to numbers: getaddrinfo(3).
// variants: musl
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "case.h"

static void resolve(const char* host, const char* service, int flags, int family, int type) {
  struct addrinfo hints = {.ai_flags = flags, .ai_family = family, .ai_socktype = type}, *list = NULL;
  int result = getaddrinfo(host, service, &hints, &list);
  say("%s, %s: %d\n", host ? host : "none", service ? service : "none", result);
  for (struct addrinfo* one = list; one; one = one->ai_next) {
    char name[64], number[16];
    result = getnameinfo(one->ai_addr, one->ai_addrlen, name, sizeof name, number, sizeof number,
                         NI_NUMERICHOST | NI_NUMERICSERV);
    say("  %d, %s port %s, family %d, type %d, protocol %d, size %u\n", result, name, number, one->ai_family,
        one->ai_socktype, one->ai_protocol, one->ai_addrlen);
  }
  if (list) freeaddrinfo(list);
}

CASE {
  resolve("127.0.0.1", "80", AI_NUMERICHOST | AI_NUMERICSERV, AF_UNSPEC, SOCK_STREAM);
  resolve("127.0.0.1", "80", AI_NUMERICHOST, AF_UNSPEC, 0);
  resolve("::1", "5432", AI_NUMERICHOST, AF_INET6, SOCK_STREAM);
  resolve("127.0.0.1", NULL, AI_NUMERICHOST, AF_INET, SOCK_DGRAM);
  resolve(NULL, "9", AI_PASSIVE | AI_NUMERICSERV, AF_INET, SOCK_STREAM);
  resolve(NULL, "9", AI_NUMERICSERV, AF_INET, SOCK_STREAM);
  resolve("not a number", "80", AI_NUMERICHOST, AF_INET, SOCK_STREAM);
  resolve("127.0.0.1", "http", AI_NUMERICSERV, AF_INET, SOCK_STREAM);
  resolve(NULL, NULL, 0, AF_INET, SOCK_STREAM);
  resolve("::1", "80", AI_NUMERICHOST, AF_INET, SOCK_STREAM);
  resolve("127.0.0.1", "80", 0, 99, SOCK_STREAM);
  resolve("127.0.0.1", "80", 0, AF_INET, 77);
}
