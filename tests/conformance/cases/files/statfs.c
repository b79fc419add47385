// statfs and fstatfs: sane fields, errors, known file systems: statfs(2).
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "case.h"

CASE {
  struct statfs status, other;
  int fd = file_with("file", "");
  SHOW(statfs(".", &status));
  CHECK(status.f_bsize > 0 && status.f_blocks >= status.f_bfree && status.f_bfree >= status.f_bavail);
  CHECK(status.f_namelen == 255);
  SHOW(fstatfs(fd, &other));
  CHECK(status.f_type == other.f_type && status.f_blocks == other.f_blocks);
  SHOW(statfs("/proc", &status));
  say("proc %lx\n", (long)status.f_type);
  SHOW(statfs("missing", &status));
  SHOW(fstatfs(99, &status));
  SHOW(statfs(".", (struct statfs*)8));
  struct statvfs simple;
  SHOW(statvfs(".", &simple));
  SHOW(simple.f_namemax);
}
