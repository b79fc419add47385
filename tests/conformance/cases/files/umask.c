// umask is applied to new files and directories, not to chmod: umask(2).
// variants: static,musl
#include "case.h"

static void show_mode(const char* name) {
  struct stat status;
  NEED(stat(name, &status) == 0);
  say("%s %o\n", name, status.st_mode & 07777);
}

CASE {
  say("%o\n", umask(077));
  close(open("a", O_CREAT | O_RDWR, 0666));
  show_mode("a");
  say("%o\n", umask(0));
  close(open("b", O_CREAT | O_RDWR, 0666));
  show_mode("b");
  NEED(mkdir("d", 01777) == 0);
  show_mode("d");
  say("%o\n", umask(01027));
  NEED(mkdir("e", 0777) == 0);
  show_mode("e");
  NEED(chmod("a", 0777) == 0);
  show_mode("a");
  NEED(mknod("f", S_IFREG | 0666, 0) == 0);
  show_mode("f");
  say("%o\n", umask(0));
}
