// Buffered streams of the C library: fopen modes, seek, ungetc, tmpfile, fmemopen: stdio(3).
// variants: static,musl
#include "case.h"

CASE {
  FILE* file = fopen("file", "w+");
  CHECK(file != NULL);
  for (int i = 0; i < 10000; i++) fprintf(file, "line %d\n", i);
  SHOW(ftell(file));
  SHOW(fseek(file, 50000, SEEK_SET));
  char line[64];
  fgets(line, sizeof line, file);
  fgets(line, sizeof line, file);
  say("%s", line);
  rewind(file);
  int lines = 0;
  while (fgets(line, sizeof line, file)) lines++;
  SHOW(lines);
  SHOW(fclose(file));
  file = fopen("file", "a");
  fputs("appended\n", file);
  SHOW(fclose(file));
  struct stat status;
  SHOW(stat("file", &status));
  SHOW(status.st_size);
  file = tmpfile();
  CHECK(file != NULL);
  STATUS(fopen("missing", "r") ? 0 : -1);
  char name[] = "nameXXXXXX";
  CHECK(mkstemp(name) >= 0);
  printf("by printf, flushed at exit\n");
}
