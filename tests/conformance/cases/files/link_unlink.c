// link, unlink, link counts, and a file used after its last name is gone: link(2), unlink(2).
#include "case.h"

static long links(const char* name) {
  struct stat status;
  return stat(name, &status) == 0 ? (long)status.st_nlink : -1;
}

CASE {
  int fd = file_with("file", "text");
  SHOW(link("file", "second"));
  SHOW(links("file"));
  SHOW(link("file", "second"));
  SHOW(link("missing", "third"));
  SHOW(mkdir("dir", 0755));
  SHOW(link("dir", "dir2"));
  SHOW(unlink("file"));
  SHOW(links("second"));
  SHOW(unlink("second"));
  SHOW(links("second"));
  char buffer[8] = "";
  SHOW(pread(fd, buffer, 8, 0));
  say("%s\n", buffer);
  struct stat status;
  SHOW(fstat(fd, &status));
  SHOW(status.st_nlink);
  SHOW(unlink("dir"));
  SHOW(unlink("missing"));
  SHOW(rmdir("missing"));
  SHOW(rmdir("dir"));
}
