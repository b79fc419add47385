// A read from a pipe that was busy until now is interrupted, or goes on, as SA_RESTART says: signal(7).
// marks: fork
#include "hot.h"

static volatile sig_atomic_t seen;
static void on_signal(int number) {
  (void)number;
  seen++;
}

CASE {
  for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
    struct line line;
    warm_up(&line);
    if (line.child == 0) {
      nap();
      NEED(kill(getppid(), SIGUSR1) == 0);
      nap();
      must_write(line.from[1], "late", 4);
      _exit(0);
    }
    char text[8] = "";
    seen = 0;
    handle(SIGUSR1, on_signal, flags);
    SHOW(read(line.from[0], text, 4));
    say("seen %d, %s\n", (int)seen, text);
    reap("child", line.child);
  }
}
