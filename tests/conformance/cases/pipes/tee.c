// tee copies what lies in a pipe to another process and leaves it there: tee(2).
// marks: fork
#include "relatives.h"

CASE {
  int first[2], second[2];
  NEED(pipe(first) == 0 && pipe(second) == 0);
  pid_t child;
  START(child) {
    close(second[1]);
    char text[32] = "";
    ssize_t size = 0, got;
    while ((got = read(second[0], text + size, 31 - (size_t)size)) > 0) size += got;
    say("child: %s\n", text);
  }
  NEED(write(first[1], "copied twice", 12) == 12);
  NEED(tee(first[0], second[1], 6, 0) == 6);
  NEED(tee(first[0], second[1], 100, 0) == 12);
  close(second[1]);
  reap("child", child);
  char text[32] = "";
  SHOW(read(first[0], text, 31));
  say("%s\n", text);
  SHOW(tee(first[0], second[0], 1, SPLICE_F_NONBLOCK));
  NEED(pipe(second) == 0);
  SHOW(tee(first[0], second[1], 1, SPLICE_F_NONBLOCK));
  SHOW(tee(first[0], first[1], 1, 0));
}
