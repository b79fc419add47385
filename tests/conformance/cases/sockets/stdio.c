// fdopen on both directions of a pair: lines, end of file, buffers that go out by fflush: fdopen(3).
// marks: fork
// variants: musl
#include <sys/socket.h>

#include "relatives.h"

CASE {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  pid_t child;
  START(child) {
    close(ends[0]);
    FILE *in = fdopen(ends[1], "r"), *out = fdopen(dup(ends[1]), "w");
    char line[100];
    int count = 0;
    while (fgets(line, sizeof line, in)) {
      fprintf(out, "%d: %s", ++count, line);
      fflush(out);
    }
    say("child: end of file %d, error %d, lines %d\n", feof(in) != 0, ferror(in) != 0, count);
    fclose(out);
    fclose(in);
  }
  close(ends[1]);
  FILE *in = fdopen(ends[0], "r"), *out = fdopen(dup(ends[0]), "w");
  char line[100] = "";
  for (int i = 0; i < 20; i++) {
    fprintf(out, "line %d of %s\n", i, "text");
    NEED(fflush(out) == 0 && fgets(line, sizeof line, in));
    if (i % 7 == 0) say("%s", line);
  }
  SHOW(fputs("without an end", out));
  SHOW(fclose(out));
  NEED(shutdown(ends[0], SHUT_WR) == 0);
  SHOW(fgets(line, sizeof line, in) != NULL);
  say("%s\n", line);
  SHOW(fgetc(in));
  SHOW(feof(in) != 0);
  SHOW(fseek(in, 0, SEEK_SET));
  reap("child", child);
}
