// pipe: data in order, end of file, capacity, flags, errors: pipe(2), pipe(7).
// variants: static,musl
#include "case.h"

CASE {
  int ends[2];
  SHOW(pipe(ends));
  say("%d %d\n", ends[0], ends[1]);
  char buffer[100000] = "";
  SHOW(write(ends[1], "hello, ", 7));
  SHOW(write(ends[1], "pipe", 4));
  SHOW(read(ends[0], buffer, 3));
  SHOW(read(ends[0], buffer + 3, 100));
  say("%s\n", buffer);
  SHOW(write(ends[0], "x", 1));
  SHOW(read(ends[1], buffer, 1));
  SHOW(fcntl(ends[1], F_SETFL, O_NONBLOCK));
  SHOW(write(ends[1], buffer, sizeof buffer));
  SHOW(write(ends[1], buffer, 1));
  SHOW(read(ends[0], buffer, 4096));
  SHOW(write(ends[1], buffer, 5000));
  SHOW(close(ends[1]));
  long total = 0, got;
  while ((got = read(ends[0], buffer, sizeof buffer)) > 0) total += got;
  SHOW(total);
  SHOW(got);
  SHOW(pipe((int*)8));
  SHOW(pipe2(ends, 0x1));
  SHOW(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
  SHOW(read(ends[0], buffer, 1));
  SHOW(fcntl(ends[0], F_GETFD));
}
