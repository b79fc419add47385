// A parent that polls pipes of several children sees each hang-up, in the order in which they end: poll(2).
// marks: fork
#include "readiness.h"

enum { children = 4 };

CASE {
  int pipes[children][2];
  pid_t pids[children];
  struct gate gates[children];
  struct pollfd entries[children];
  for (int i = 0; i < children; i++) {
    gates[i] = make_gate();
    NEED(pipe2(pipes[i], O_CLOEXEC) == 0);
    START(pids[i]) {
      pass_gate(gates[i]);
      must_write(pipes[i][1], "result");
      if (i == 2) raise(SIGKILL);
    }
    NEED(close(pipes[i][1]) == 0);
    entries[i] = (struct pollfd){pipes[i][0], POLLIN, 0};
  }
  static const int order[children] = {2, 0, 3, 1};
  for (int turn = 0; turn < children; turn++) {
    open_gate(gates[order[turn]]);
    reap("child", pids[order[turn]]);
    SHOW(poll(entries, children, -1));
    for (int i = 0; i < children; i++) {
      char text[16];
      if (entries[i].revents == 0) continue;
      say("%d %s", i, event_names((uint16_t)entries[i].revents));
      long size = read(entries[i].fd, text, sizeof text), end = read(entries[i].fd, text, sizeof text);
      say(", %ld bytes, then %ld\n", size, end);
      entries[i].fd = -1;
    }
  }
  SHOW(poll(entries, children, 0));
}
