// flock belongs to the open file: shared over fork, apart for a second opening: flock(2).
// marks: fork, lane
#include <sys/file.h>

#include "relatives.h"

CASE {
  int fd = file_with("file", "");
  SHOW(flock(fd, LOCK_EX));
  pid_t child;
  START(child) {
    SHOW(flock(fd, LOCK_EX | LOCK_NB));
    int other = open("file", O_RDWR);
    SHOW(flock(other, LOCK_SH | LOCK_NB));
    SHOW(flock(fd, LOCK_SH));
    SHOW(flock(other, LOCK_SH | LOCK_NB));
    SHOW(flock(other, LOCK_EX | LOCK_NB));
  }
  reap("child", child);
  int other = open("file", O_RDWR);
  SHOW(flock(other, LOCK_EX | LOCK_NB));
  START(child) SHOW(flock(fd, LOCK_UN));
  reap("child", child);
  SHOW(flock(other, LOCK_EX | LOCK_NB));
}
