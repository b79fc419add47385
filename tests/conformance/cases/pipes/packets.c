// O_DIRECT makes a pipe of packets: each read gives one, the rest of a longer one is lost: pipe(2).
// marks: fork
#include "relatives.h"

CASE {
  int ends[2];
  NEED(pipe2(ends, O_DIRECT) == 0);
  pid_t child;
  START(child) {
    NEED(write(ends[1], "one", 3) == 3);
    NEED(write(ends[1], "twenty", 6) == 6);
    NEED(write(ends[1], "three", 5) == 5);
  }
  reap("child", child);
  char text[32] = "";
  SHOW(read(ends[0], text, 31));
  SHOW(read(ends[0], text, 2));
  memset(text, 0, sizeof text);
  SHOW(read(ends[0], text, 31));
  say("%s\n", text);
}
