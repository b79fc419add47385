// A writer that waits for room gets EPIPE when the reader ends: pipe(7).
// marks: fork
#include <sys/ioctl.h>

#include "relatives.h"

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  static char data[300000];
  pid_t writer, reader;
  struct gate gate = make_gate();
  START(reader) {
    close(ends[1]);
    pass_gate(gate);
    int waiting = 0;
    while (waiting < 65536) {
      NEED(ioctl(ends[0], FIONREAD, &waiting) == 0);
      nap();
    }
  }
  START(writer) {
    close(ends[0]);
    handle(SIGPIPE, SIG_IGN, 0);
    open_gate(gate);
    ssize_t size = write(ends[1], data, sizeof data);
    say("written: %s\n", size == -1 ? errno_name(errno) : size < (ssize_t)sizeof data ? "a part" : "all");
    SHOW(write(ends[1], data, 1));
  }
  close(ends[0]);
  close(ends[1]);
  reap("writer", writer);
  reap("reader", reader);
}
