// A poll over the pidfds of ten children, which end one after the other: pidfd_open(2).
// marks: fork
#include <poll.h>
#include <sys/pidfd.h>

#include "relatives.h"

CASE {
  struct gate gates[10];
  struct pollfd pollers[10];
  pid_t children[10];
  for (int i = 0; i < 10; i++) {
    gates[i] = make_gate();
    START(children[i]) {
      pass_gate(gates[i]);
      _exit(i);
    }
    pollers[i] = (struct pollfd){pidfd_open(children[i], 0), POLLIN, 0};
    NEED(pollers[i].fd >= 0);
  }
  for (int n = 0; n < 10; n++) {
    int i = n * 7 % 10;
    open_gate(gates[i]);
    SHOW(poll(pollers, 10, -1));
    for (int j = 0; j < 10; j++)
      if (pollers[j].revents & POLLIN) {
        say("child %d: ", j);
        reap("ended", children[j]);
        pollers[j].fd = -1;
      }
  }
}
