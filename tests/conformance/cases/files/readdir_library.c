// opendir, readdir, seekdir, scandir of the C library: readdir(3).
// variants: static,musl
#include <dirent.h>

#include "case.h"

CASE {
  for (int i = 0; i < 20; i++) {
    char name[32];
    snprintf(name, sizeof name, "f%02d", i);
    close(file_with(name, ""));
  }
  struct dirent** entries;
  int count = SHOW(scandir(".", &entries, NULL, alphasort));
  for (int i = 0; i < count; i++) say("%s ", entries[i]->d_name);
  say("\n");
  DIR* directory = opendir(".");
  CHECK(directory != NULL);
  for (int i = 0; i < 5; i++) readdir(directory);
  long place = telldir(directory);
  char name[256];
  strcpy(name, readdir(directory)->d_name);
  readdir(directory);
  seekdir(directory, place);
  CHECK(strcmp(name, readdir(directory)->d_name) == 0);
  rewinddir(directory);
  count = 0;
  while (readdir(directory)) count++;
  SHOW(count);
  SHOW(closedir(directory));
  STATUS(opendir("missing") ? 0 : -1);
}
