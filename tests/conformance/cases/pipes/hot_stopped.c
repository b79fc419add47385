// A writer is stopped in the middle of a stream, again and again: what it wrote can be read meanwhile, and nothing is
// lost. pipe(7)
// marks: fork
#include "hot.h"

CASE {
  enum { stops = 60, total = 8000000 };
  struct line line;
  warm_up(&line);
  if (line.child == 0) {
    for (uint32_t i = 0; i < total / 4;) {
      uint32_t numbers[500];
      for (int at = 0; at < 500; at++) numbers[at] = i++;
      must_write(line.from[1], numbers, sizeof numbers);
    }
    _exit(0);
  }
  close(line.from[1]);
  uint32_t numbers[250], next = 0, wrong = 0;
  int held = 0;
  for (int stop = 0; stop < stops; stop++) {
    for (int i = 0; i < 5; i++) {
      must_read(line.from[0], numbers, sizeof numbers);
      for (int at = 0; at < 250; at++) wrong += numbers[at] != next++;
    }
    NEED(kill(line.child, SIGSTOP) == 0);
    await_stop(line.child);
    NEED(fcntl(line.from[0], F_SETFL, O_NONBLOCK) == 0);
    ssize_t got;
    while ((got = read(line.from[0], numbers, sizeof numbers)) > 0) {
      NEED(got % 4 == 0);
      for (int at = 0; at < got / 4; at++) wrong += numbers[at] != next++;
    }
    held += got == -1 && errno == EAGAIN;
    NEED(fcntl(line.from[0], F_SETFL, 0) == 0);
    NEED(kill(line.child, SIGCONT) == 0);
  }
  for (;;) {
    const ssize_t got = read(line.from[0], numbers, sizeof numbers);
    if (got == 0) break;
    NEED(got > 0 && got % 4 == 0);
    for (int at = 0; at < got / 4; at++) wrong += numbers[at] != next++;
  }
  say("wrong %u, numbers %u, empty while stopped %d\n", wrong, next, held);
  reap("writer", line.child);
}
