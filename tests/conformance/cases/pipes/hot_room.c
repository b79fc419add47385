// How much a pipe takes in pieces of several sizes, new and after much use: pipe(7).
// marks: fork
#include "hot.h"

static void fill(int reader, int writer) {
  static const int sizes[] = {1000, 700, 4096, 5000, 3000, 4095, 4097, 65536, 70000, 9, 2048};
  static char bytes[70000];
  NEED(fcntl(writer, F_SETFL, O_NONBLOCK) == 0 && fcntl(reader, F_SETFL, O_NONBLOCK) == 0);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    long writes = 0, total = 0, put, got;
    while ((put = write(writer, bytes, (size_t)sizes[i])) > 0) writes++, total += put;
    say("pieces of %d: %ld writes, %ld bytes, %s; ", sizes[i], writes, total, errno_name(errno));
    long drained = 0;
    while ((got = read(reader, bytes, 1234)) > 0) drained += got;
    say("%ld bytes out, %s\n", drained, errno_name(errno));
  }
  // A page that was read in part takes no more than before; one whose end has room does.
  long total = 0, put;
  NEED(write(writer, bytes, 3000) == 3000 && read(reader, bytes, 2900) == 2900);
  while ((put = write(writer, bytes, 1096)) > 0) total += put;
  SHOW(total);
  NEED(fcntl(writer, F_SETFL, 0) == 0 && fcntl(reader, F_SETFL, 0) == 0);
}

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  fill(ends[0], ends[1]);
  struct line line;
  warm_up(&line);
  if (line.child == 0) _exit(0);
  reap("child", line.child);
  fill(line.from[0], line.from[1]);
}
