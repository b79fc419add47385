// The file mode creation mask is inherited and then each process's own: umask(2).
// marks: fork
#include "relatives.h"

static void make(const char* name) {
  struct stat status;
  int fd = open(name, O_CREAT | O_WRONLY, 0777);
  NEED(fd >= 0 && fstat(fd, &status) == 0);
  say("%s: %o\n", name, status.st_mode & 07777);
}

CASE {
  umask(027);
  pid_t child;
  START(child) {
    make("child-1");
    say("child: %o\n", umask(077));
    make("child-2");
  }
  reap("child", child);
  make("parent");
}
