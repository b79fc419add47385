// uname and sysinfo: fields that programs rely on: uname(2), sysinfo(2).
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "case.h"

CASE {
  struct utsname name;
  SHOW(uname(&name));
  say("%s %s\n", name.sysname, name.machine);
  int major = 0, minor = 0;
  SHOW(sscanf(name.release, "%d.%d", &major, &minor));
  CHECK(major >= 5);
  CHECK(name.nodename[0] != 0 && name.version[0] == '#');
  char host[65];
  SHOW(gethostname(host, sizeof host));
  CHECK(strcmp(host, name.nodename) == 0);
  SHOW(uname((struct utsname*)8));
  struct sysinfo info;
  SHOW(sysinfo(&info));
  CHECK(info.uptime > 0 && info.totalram > 0 && info.freeram <= info.totalram && info.mem_unit > 0 && info.procs > 0);
  CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
  CHECK(sysconf(_SC_PHYS_PAGES) > 1000);
  SHOW(sysconf(_SC_PAGESIZE));
  SHOW(getpagesize());
}
