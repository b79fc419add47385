// bind without a name chooses one, once, that others can reach: unix(7), "Autobind feature".
#include <sys/un.h>

#include "net.h"
#include "relatives.h"

CASE {
  struct sockaddr_un at = {.sun_family = AF_UNIX}, got, again;
  int one = socket(AF_UNIX, SOCK_DGRAM, 0), two = socket(AF_UNIX, SOCK_DGRAM, 0);
  SHOW(bind(one, (struct sockaddr*)&at, sizeof(sa_family_t)));
  socklen_t length = sizeof got, second = sizeof again;
  SHOW(getsockname(one, (struct sockaddr*)&got, &length));
  say("%u bytes, first %d\n", length, got.sun_path[0]);
  int digits = 0;
  for (int i = 1; i <= 5; i++) digits += strchr("0123456789abcdef", got.sun_path[i]) != NULL;
  say("%d digits\n", digits);
  SHOW(bind(one, (struct sockaddr*)&at, sizeof(sa_family_t)));
  SHOW(getsockname(one, (struct sockaddr*)&again, &second));
  CHECK(length == second && memcmp(&got, &again, length) == 0);
  SHOW(bind(two, (struct sockaddr*)&at, sizeof(sa_family_t)));
  SHOW(getsockname(two, (struct sockaddr*)&again, &second));
  CHECK(memcmp(&got, &again, length) != 0);
  pid_t pid;
  START(pid) SHOW(sendto(two, "x", 1, 0, (struct sockaddr*)&got, length));
  reap("sender", pid);
  char text[4];
  struct sockaddr_un from;
  socklen_t size = sizeof from;
  SHOW(recvfrom(one, text, sizeof text, 0, (struct sockaddr*)&from, &size));
  CHECK(size == second && memcmp(&from, &again, size) == 0);
}
