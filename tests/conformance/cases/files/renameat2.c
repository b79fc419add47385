// renameat2: RENAME_NOREPLACE, RENAME_EXCHANGE and wrong flags: rename(2).
#include "case.h"

static char first_byte(const char* name) {
  char byte = '-';
  int fd = open(name, O_RDONLY);
  if (fd >= 0 && read(fd, &byte, 1) != 1) byte = '?';
  close(fd);
  return byte;
}

CASE {
  close(file_with("a", "a"));
  close(file_with("b", "b"));
  NEED(mkdir("dir", 0755) == 0);
  int dir = open("dir", O_RDONLY);
  SHOW(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE));
  SHOW(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE));
  say("%c %c\n", first_byte("a"), first_byte("b"));
  SHOW(renameat2(AT_FDCWD, "a", AT_FDCWD, "missing", RENAME_EXCHANGE));
  SHOW(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE | RENAME_NOREPLACE));
  SHOW(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", 0x100));
  SHOW(renameat2(AT_FDCWD, "a", dir, "moved", RENAME_NOREPLACE));
  SHOW(renameat(dir, "moved", AT_FDCWD, "back"));
  say("%c %c\n", first_byte("a"), first_byte("back"));
  SHOW(renameat2(AT_FDCWD, "back", AT_FDCWD, "dir", RENAME_EXCHANGE));
  CHECK(open("back", O_RDONLY | O_DIRECTORY) >= 0);
}
