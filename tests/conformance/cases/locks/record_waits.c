// F_SETLKW waits until the other process unlocks, ends, or closes: fcntl(2).
// marks: fork
#include "relatives.h"

CASE {
  for (int kind = 0; kind < 4; kind++) {
    int fd = file_with("file", "0123456789");
    struct gate locked = make_gate(), go = make_gate();
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    pid_t owner, waiter;
    START(owner) {
      NEED(fcntl(fd, F_SETLK, &lock) == 0);
      open_gate(locked);
      pass_gate(go);
      nap();
      struct flock unlock = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
      if (kind == 0) NEED(fcntl(fd, F_SETLK, &unlock) == 0);
      if (kind == 1) close(fd);
      if (kind == 2) raise(SIGKILL);
      if (kind < 2)
        for (;;) pause();
    }
    pass_gate(locked);
    START(waiter) {
      open_gate(go);
      SHOW(fcntl(fd, F_SETLKW, &lock));
    }
    reap("waiter", waiter);
    kill(owner, SIGKILL);
    ended(owner);
    close(fd);
  }
}
