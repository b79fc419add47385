// /dev/null, zero, full, random, urandom: what they give and take: null(4), full(4), random(4).
// variants: static,musl
#include "case.h"

CASE {
  char buffer[4096];
  struct stat status;
  int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR), full = open("/dev/full", O_RDWR);
  int random = open("/dev/urandom", O_RDONLY), slow_random = open("/dev/random", O_RDONLY);
  SHOW(write(null, buffer, 100));
  SHOW(read(null, buffer, 100));
  memset(buffer, 1, sizeof buffer);
  SHOW(read(zero, buffer, sizeof buffer));
  SHOW(buffer[0] + buffer[4095]);
  SHOW(write(zero, buffer, 100));
  SHOW(write(full, buffer, 1));
  SHOW(read(full, buffer, 10));
  SHOW(read(random, buffer, 64));
  SHOW(read(slow_random, buffer + 64, 64));
  CHECK(memcmp(buffer, buffer + 64, 64) != 0);
  SHOW(fstat(null, &status));
  CHECK(S_ISCHR(status.st_mode) && status.st_rdev == 0x103);
  SHOW(stat("/dev/full", &status));
  CHECK(S_ISCHR(status.st_mode) && status.st_rdev == 0x107);
  SHOW(isatty(null));
  SHOW(open("/dev/tty", O_RDWR) >= 0 || errno == ENXIO);
  SHOW(open("/dev/no-such-device", O_RDWR));
}
