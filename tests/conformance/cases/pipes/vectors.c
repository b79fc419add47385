// readv and writev over a pipe between processes: readv(2).
// marks: fork
#include <sys/uio.h>

#include "relatives.h"

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  pid_t child;
  START(child) {
    struct iovec out[4] = {{"one ", 4}, {"", 0}, {"two ", 4}, {"three", 5}};
    NEED(writev(ends[1], out, 4) == 13);
  }
  reap("child", child);
  char first[6] = "", second[3] = "", third[20] = "";
  struct iovec in[3] = {{first, 5}, {second, 2}, {third, 19}};
  SHOW(readv(ends[0], in, 3));
  say("[%s] [%s] [%s]\n", first, second, third);
}
