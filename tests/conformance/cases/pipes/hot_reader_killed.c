// A reader is killed in the middle of a stream: the writer gets EPIPE and SIGPIPE (pipe(7)).
// marks: fork
#include "hot.h"

static volatile sig_atomic_t broken;
static void on_broken(int number) {
  (void)number;
  broken++;
}

CASE {
  handle(SIGPIPE, on_broken, 0);
  for (int round = 0; round < 20; round++) {
    struct line line;
    warm_up(&line);
    static char bytes[3000];
    if (line.child == 0) {
      for (;;) NEED(read(line.to[0], bytes, sizeof bytes) > 0);
    }
    close(line.to[0]);
    broken = 0;
    ssize_t put = 0;
    for (int i = 0; put >= 0; i++) {
      if (i == 10 * round) kill(line.child, SIGKILL);
      put = write(line.to[1], bytes, sizeof bytes);
    }
    say("%s, signals %d\n", errno_name(errno), (int)broken);
    reap("reader", line.child);
    close(line.to[1]), close(line.from[0]), close(line.from[1]);
  }
}
