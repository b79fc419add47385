// Many small locks, then one over all of them, and other kinds of files: fcntl(2).
#include "case.h"

static long lock(int fd, short type, off_t start, off_t length) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  return fcntl(fd, F_SETLK, &lock);
}

CASE {
  int fd = file_with("file", ""), other = open("file", O_RDWR);
  int failures = 0;
  for (int i = 0; i < 500; ++i) failures += lock(fd, i % 2 ? F_RDLCK : F_WRLCK, i * 3, 2) != 0;
  SHOW(failures);
  int conflicts = 0;
  for (int i = 0; i < 1500; ++i) {
    struct flock probe = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = i, .l_len = 1};
    NEED(fcntl(other, F_OFD_GETLK, &probe) == 0);
    conflicts += probe.l_type != F_UNLCK;
  }
  SHOW(conflicts);
  SHOW(lock(fd, F_WRLCK, 0, 0));
  SHOW(lock(fd, F_UNLCK, 0, 0));
  int pipes[2];
  NEED(pipe(pipes) == 0);
  SHOW(lock(pipes[1], F_WRLCK, 0, 1));
  SHOW(lock(pipes[0], F_WRLCK, 0, 1));
  int directory = open(".", O_RDONLY | O_DIRECTORY);
  SHOW(lock(directory, F_RDLCK, 0, 1));
  SHOW(lock(directory, F_WRLCK, 0, 1));
  SHOW(lock(open("file", O_PATH), F_RDLCK, 0, 1));
}
