// rename replaces files, moves directories, and refuses what it must: rename(2).
#include "case.h"

CASE {
  close(file_with("one", "1"));
  close(file_with("two", "22"));
  struct stat status;
  SHOW(rename("one", "two"));
  SHOW(stat("two", &status));
  SHOW(status.st_size);
  SHOW(access("one", F_OK));
  SHOW(rename("missing", "x"));
  SHOW(mkdir("dir", 0755));
  SHOW(mkdir("dir/inner", 0755));
  SHOW(mkdir("empty", 0755));
  SHOW(rename("two", "dir"));
  SHOW(rename("dir", "two"));
  SHOW(rename("dir", "dir/inner/x"));
  SHOW(rename("empty", "dir"));
  SHOW(rename("dir", "empty"));
  SHOW(access("empty/inner", F_OK));
  SHOW(rename("two", "empty/inner/moved"));
  SHOW(access("empty/inner/moved", F_OK));
  SHOW(rename("empty/inner/moved", "empty/inner/moved"));
  SHOW(rename(".", "x"));
}
