// flock between two descriptions in one process: flock(2).
#include <sys/file.h>

#include "case.h"

CASE {
  int one = file_with("file", ""), two = open("file", O_RDWR), copy = dup(one);
  SHOW(flock(one, LOCK_EX));
  SHOW(flock(two, LOCK_EX | LOCK_NB));
  SHOW(flock(two, LOCK_SH | LOCK_NB));
  SHOW(flock(copy, LOCK_EX | LOCK_NB));
  SHOW(flock(one, LOCK_SH));
  SHOW(flock(two, LOCK_SH | LOCK_NB));
  SHOW(flock(two, LOCK_EX | LOCK_NB));
  SHOW(flock(copy, LOCK_UN));
  SHOW(flock(two, LOCK_EX | LOCK_NB));
  SHOW(close(two));
  SHOW(flock(one, LOCK_EX | LOCK_NB));
  SHOW(flock(one, 99));
}
