// O_PATH descriptors name a file without opening it: open(2).
#include "case.h"

CASE {
  close(file_with("file", "text"));
  NEED(symlink("file", "link") == 0);
  int fd = SHOW(open("file", O_PATH));
  char byte;
  SHOW(read(fd, &byte, 1));
  SHOW(write(fd, &byte, 1));
  SHOW(fchmod(fd, 0600));
  struct stat status;
  SHOW(fstat(fd, &status));
  SHOW(status.st_size);
  SHOW(lseek(fd, 0, SEEK_SET));
  CHECK((fcntl(fd, F_GETFL) & O_PATH) != 0);
  int link = SHOW(open("link", O_PATH | O_NOFOLLOW));
  SHOW(fstat(link, &status));
  CHECK(S_ISLNK(status.st_mode));
  char target[16] = "";
  SHOW(readlinkat(link, "", target, sizeof target));
  say("%s\n", target);
  int dir = SHOW(open(".", O_PATH | O_DIRECTORY));
  CHECK(openat(dir, "file", O_RDONLY) >= 0);
  SHOW(faccessat(dir, "file", R_OK, 0));
}
