// select over pipes of five children that write in a given order: select(2).
// marks: fork
#include <sys/select.h>

#include "relatives.h"

CASE {
  int fds[5], highest = 0;
  struct gate gates[5];
  pid_t children[5];
  for (int i = 0; i < 5; i++) {
    int ends[2];
    gates[i] = make_gate();
    NEED(pipe(ends) == 0);
    START(children[i]) {
      pass_gate(gates[i]);
      NEED(write(ends[1], "abcde" + i, 1) == 1);
    }
    close(ends[1]);
    fds[i] = ends[0];
    if (fds[i] > highest) highest = fds[i];
  }
  const int order[] = {3, 1, 4, 0, 2};
  for (int n = 0; n < 5; n++) {
    fd_set set;
    FD_ZERO(&set);
    for (int i = 0; i < 5; i++)
      if (fds[i] >= 0) FD_SET(fds[i], &set);
    open_gate(gates[order[n]]);
    SHOW(select(highest + 1, &set, NULL, NULL, NULL));
    for (int i = 0; i < 5; i++)
      if (fds[i] >= 0 && FD_ISSET(fds[i], &set)) {
        char byte = 0;
        NEED(read(fds[i], &byte, 1) == 1);
        say("child %d: %c\n", i, byte);
        fds[i] = -1;
        reap("child", children[i]);
      }
  }
}
