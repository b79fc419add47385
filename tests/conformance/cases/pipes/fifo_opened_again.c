// One writer after the other on the same FIFO; a reader sees an end in between and goes on: fifo(7).
// marks: fork
#include <poll.h>

#include "relatives.h"

CASE {
  NEED(mkfifo("fifo", 0600) == 0);
  int reader = open("fifo", O_RDONLY | O_NONBLOCK);
  for (int i = 0; i < 3; i++) {
    pid_t child;
    START(child) {
      int writer = open("fifo", O_WRONLY);
      char text[16];
      int size = snprintf(text, sizeof text, "writer %d", i);
      NEED(write(writer, text, (size_t)size) == size);
    }
    reap("writer", child);
    char text[32] = "";
    SHOW(read(reader, text, 31));
    say("%s\n", text);
    struct pollfd poller = {reader, POLLIN, 0};
    SHOW(poll(&poller, 1, 0));
    SHOW(poller.revents);
    SHOW(read(reader, text, 31));
  }
}
