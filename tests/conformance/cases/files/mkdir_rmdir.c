// mkdir and rmdir: modes, links, errors: mkdir(2), rmdir(2).
#include "case.h"

CASE {
  struct stat status;
  SHOW(mkdir("dir", 0777));
  SHOW(stat("dir", &status));
  say("mode %o\n", status.st_mode);
  SHOW(mkdir("dir", 0777));
  SHOW(mkdir("dir/a/b", 0777));
  SHOW(mkdir("dir/sub/", 01700));
  SHOW(stat("dir/sub", &status));
  say("mode %o\n", status.st_mode);
  SHOW(rmdir("dir"));
  SHOW(rmdir("dir/sub/."));
  SHOW(rmdir("dir/sub/.."));
  SHOW(rmdir("dir/sub"));
  close(file_with("file", ""));
  SHOW(rmdir("file"));
  SHOW(mkdir("file/x", 0755));
  SHOW(rmdir("dir"));
  SHOW(rmdir("/"));
}
