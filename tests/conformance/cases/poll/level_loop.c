// A level-triggered loop over children's pipes with poll: lines of four writers are put together again: poll(2).
// marks: fork
#include "readiness.h"

enum { writers = 4, lines = 25 };

CASE {
  struct pollfd entries[writers];
  long bytes[writers] = {0}, newlines[writers] = {0};
  pid_t children[writers];
  for (int i = 0; i < writers; i++) {
    int ends[2];
    make_pipe(ends);
    START(children[i]) {
      char text[32];
      NEED(close(ends[0]) == 0);
      for (int line = 0; line < lines; line++) {
        sprintf(text, "writer %d line %02d\n", i, line);
        must_write(ends[1], text);
      }
    }
    NEED(close(ends[1]) == 0);
    entries[i] = (struct pollfd){ends[0], POLLIN, 0};
  }
  for (int open_count = writers; open_count > 0;) {
    NEED(poll(entries, writers, 60000) > 0);
    for (int i = 0; i < writers; i++) {
      char text[50];
      if (entries[i].revents == 0) continue;
      long got = read(entries[i].fd, text, sizeof text);
      NEED(got >= 0);
      for (long j = 0; j < got; j++) newlines[i] += text[j] == '\n';
      bytes[i] += got;
      if (got == 0) {
        NEED(close(entries[i].fd) == 0);
        entries[i].fd = -1;
        open_count--;
      }
    }
  }
  for (int i = 0; i < writers; i++) {
    say("%d: %ld lines, %ld bytes\n", i, newlines[i], bytes[i]);
    reap("writer", children[i]);
  }
}
