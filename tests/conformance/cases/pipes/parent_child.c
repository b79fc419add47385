// Data through a pipe to a child and back: pipe(2).
// marks: fork
// variants: static,musl
#include "relatives.h"

CASE {
  int down[2], up[2];
  NEED(pipe(down) == 0 && pipe(up) == 0);
  pid_t child;
  START(child) {
    char text[32] = "";
    close(down[1]);
    close(up[0]);
    ssize_t size = read(down[0], text, 31);
    for (ssize_t i = 0; i < size; i++) text[i] ^= 0x20;
    NEED(write(up[1], text, (size_t)size) == size);
    SHOW(read(down[0], text, 31));
  }
  close(down[0]);
  close(up[1]);
  NEED(write(down[1], "hELLO", 5) == 5);
  char text[32] = "";
  NEED(read(up[0], text, 31) == 5);
  close(down[1]);
  reap("child", child);
  say("%s\n", text);
  SHOW(read(up[0], text, 31));
}
