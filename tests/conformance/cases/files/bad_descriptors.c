// Every call on a closed descriptor gives EBADF: errno(3).
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "case.h"

CASE {
  char buffer[16];
  struct stat status;
  struct iovec vector = {buffer, sizeof buffer};
  SHOW(read(55, buffer, 1));
  SHOW(write(55, buffer, 1));
  SHOW(read(-1, buffer, 1));
  SHOW(write(INT_MAX, buffer, 1));
  SHOW(pread(55, buffer, 1, 0));
  SHOW(readv(55, &vector, 1));
  SHOW(close(55));
  SHOW(close(-1));
  SHOW(lseek(55, 0, SEEK_SET));
  SHOW(fstat(55, &status));
  SHOW(ftruncate(55, 0));
  SHOW(fsync(55));
  SHOW(dup(55));
  SHOW(fcntl(55, F_GETFD));
  SHOW(ioctl(55, 0, 0));
  SHOW(fchmod(55, 0));
  SHOW(fchdir(55));
  SHOW(sendfile(55, 56, NULL, 1));
  SHOW(fallocate(55, 0, 0, 1));
  SHOW(flock(55, 2));
  int read_only = open("/dev/null", O_RDONLY), write_only = open("/dev/null", O_WRONLY);
  SHOW(write(read_only, buffer, 1));
  SHOW(read(write_only, buffer, 1));
}
