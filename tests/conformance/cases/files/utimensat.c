// utimensat and futimens: exact times, UTIME_NOW, UTIME_OMIT, errors: utimensat(2).
#include <time.h>

#include "case.h"

static void show_times(const char* name) {
  struct stat status;
  NEED(lstat(name, &status) == 0);
  say("%s %ld.%09ld %ld.%09ld\n", name, (long)status.st_atim.tv_sec, status.st_atim.tv_nsec,
      (long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

CASE {
  int fd = file_with("file", "");
  NEED(symlink("file", "link") == 0);
  struct timespec times[2] = {{1000000000, 123456789}, {1100000000, 5}};
  SHOW(utimensat(AT_FDCWD, "file", times, 0));
  show_times("file");
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_sec = 1200000000;
  SHOW(futimens(fd, times));
  show_times("file");
  times[0].tv_nsec = 7;
  SHOW(utimensat(AT_FDCWD, "link", times, AT_SYMLINK_NOFOLLOW));
  show_times("link");
  show_times("file");
  times[0].tv_nsec = 1000000000;
  SHOW(utimensat(AT_FDCWD, "file", times, 0));
  SHOW(utimensat(AT_FDCWD, "missing", NULL, 0));
  SHOW(utimensat(AT_FDCWD, "file", NULL, 0x40000000));
  times[0].tv_nsec = times[1].tv_nsec = UTIME_NOW;
  SHOW(utimensat(AT_FDCWD, "file", times, 0));
  struct stat status;
  NEED(stat("file", &status) == 0);
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  CHECK(labs(now.tv_sec - status.st_mtim.tv_sec) < 30);
}
