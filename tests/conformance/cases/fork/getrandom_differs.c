// Random bytes differ in parent and siblings, from getrandom, /dev/urandom and /proc: getrandom(2).
// marks: fork
#include <sys/random.h>

#include "relatives.h"

CASE {
  char(*drawn)[96] = shared_memory(KX_PAGE);
  NEED(getrandom(drawn[0], 32, 0) == 32);
  pid_t child;
  for (int i = 1; i < 6; i++) {
    START(child) {
      NEED(getrandom(drawn[i], 32, 0) == 32);
      int fd = open("/dev/urandom", O_RDONLY);
      NEED(read(fd, drawn[i] + 32, 32) == 32);
    }
    reap("child", child);
  }
  int same = 0;
  for (int i = 0; i < 6; i++)
    for (int j = 0; j < i; j++)
      same += memcmp(drawn[i], drawn[j], 32) == 0 || (j && memcmp(drawn[i] + 32, drawn[j] + 32, 32) == 0);
  SHOW(same);
}
