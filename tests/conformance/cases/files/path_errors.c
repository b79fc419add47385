// ENAMETOOLONG, ENOTDIR, ENOENT and EFAULT for paths: path_resolution(7).
#include "case.h"

CASE {
  static char name[5000];
  close(file_with("file", ""));
  memset(name, 'n', 255);
  int fd = SHOW(open(name, O_CREAT | O_RDWR, 0600));
  SHOW(close(fd));
  SHOW(unlink(name));
  memset(name, 'n', 256);
  SHOW(open(name, O_CREAT | O_RDWR, 0600));
  memset(name, '/', 4094);
  SHOW(access(name, F_OK));
  memset(name, '/', 4096);
  SHOW(access(name, F_OK));
  SHOW(stat("file/", &(struct stat){0}));
  SHOW(stat("file/..", &(struct stat){0}));
  SHOW(stat("missing/..", &(struct stat){0}));
  SHOW(stat("./././file", &(struct stat){0}));
  SHOW(stat(NULL, &(struct stat){0}));
  SHOW(unlink((char*)16));
  SHOW(mkdir("", 0755));
}
