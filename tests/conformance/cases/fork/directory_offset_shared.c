// A directory that is open in both is read by both together: getdents(2).
// marks: fork
#include <dirent.h>

#include "relatives.h"

CASE {
  NEED(mkdir("d", 0755) == 0);
  for (int i = 0; i < 10; i++) {
    char name[16];
    snprintf(name, sizeof name, "d/%d", i);
    close(open(name, O_CREAT | O_WRONLY, 0644));
  }
  int fd = open("d", O_RDONLY | O_DIRECTORY);
  char buffer[4096];
  pid_t child;
  START(child) _exit(syscall(SYS_getdents64, fd, buffer, sizeof buffer) > 0 ? 1 : 2);
  reap("child that reads it", child);
  SHOW(syscall(SYS_getdents64, fd, buffer, sizeof buffer));
  START(child) NEED(lseek(fd, 0, SEEK_SET) == 0);
  reap("child that rewinds it", child);
  CHECK(syscall(SYS_getdents64, fd, buffer, sizeof buffer) > 100);
}
