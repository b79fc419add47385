// A write larger than the pipe ends only when the other process has read enough: pipe(7).
// marks: fork
#include "relatives.h"

CASE {
  int ends[2];
  NEED(pipe(ends) == 0);
  pid_t child;
  START(child) {
    char* data = malloc(1 << 20);
    for (int i = 0; i < 1 << 20; i++) data[i] = (char)(i * 31 / 7);
    close(ends[0]);
    SHOW(write(ends[1], data, 1 << 20));
  }
  close(ends[1]);
  char block[3000];
  long position = 0, wrong = 0;
  ssize_t got;
  while ((got = read(ends[0], block, sizeof block)) > 0)
    for (ssize_t i = 0; i < got; i++, position++) wrong += block[i] != (char)(position * 31 / 7);
  reap("child", child);
  say("%ld bytes, %ld wrong\n", position, wrong);
}
