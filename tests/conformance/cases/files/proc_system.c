// /proc/cpuinfo, meminfo, stat, uptime, loadavg, version, filesystems and sys files can be read and parsed: proc(5).
#include "case.h"

static char text[262144];

static long slurp(const char* path) {
  int fd = open(path, O_RDONLY);
  long size = 0, got;
  while (fd >= 0 && (got = read(fd, text + size, sizeof text - 1 - (size_t)size)) > 0) size += got;
  close(fd);
  text[size] = 0;
  return size;
}

CASE {
  CHECK(slurp("/proc/cpuinfo") > 100);
  CHECK(strstr(text, "processor\t: 0") && strstr(text, "flags\t\t:"));
  CHECK(slurp("/proc/meminfo") > 100);
  long total = 0;
  SHOW(sscanf(text, "MemTotal: %ld kB", &total));
  CHECK(total > 10000 && strstr(text, "\nMemFree:") && strstr(text, "\nMemAvailable:"));
  CHECK(slurp("/proc/stat") > 50 && strncmp(text, "cpu ", 4) == 0);
  CHECK(slurp("/proc/uptime") > 5 && atof(text) > 0);
  CHECK(slurp("/proc/loadavg") > 5);
  CHECK(slurp("/proc/version") > 10 && strncmp(text, "Linux version ", 14) == 0);
  CHECK(slurp("/proc/filesystems") > 10);
  CHECK(slurp("/proc/sys/kernel/pid_max") > 1 && atol(text) >= 32768);
  CHECK(slurp("/proc/sys/vm/overcommit_memory") > 1);
  CHECK(slurp("/proc/sys/kernel/random/uuid") == 37);
  CHECK(slurp("/proc/mounts") > 5);
  CHECK(slurp("/sys/devices/system/cpu/online") > 0);
  SHOW(open("/proc/no-such-file", O_RDONLY));
}
