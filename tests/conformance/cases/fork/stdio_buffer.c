// What lies in a stdio buffer at fork is written by both, unless it was flushed before: fork(2).
// marks: fork
// variants: musl
#include "relatives.h"

CASE {
  FILE* file = fopen("file", "w");
  NEED(file);
  fprintf(file, "flushed\n");
  fflush(file);
  fprintf(file, "buffered\n");
  pid_t child = must_fork();
  if (child == 0) {
    fprintf(file, "child\n");
    exit(0);
  }
  reap("child", child);
  fprintf(file, "parent\n");
  fclose(file);
  char text[200] = "";
  int fd = open("file", O_RDONLY);
  NEED(read(fd, text, 199) > 0);
  say("%s", text);
}
