// Only the parts of arguments that count are looked at: upper halves of int arguments are ignored: syscall(2).
#include "case.h"

CASE {
  int fd = file_with("file", "0123456789");
  long junk = 0x5555555500000000;
  char buffer[8];
  SHOW(syscall(SYS_read, junk | fd, buffer, 4));
  SHOW(syscall(SYS_lseek, junk | fd, 0L, junk | SEEK_CUR));
  SHOW(syscall(SYS_dup, junk | 99));
  SHOW(syscall(SYS_fcntl, junk | fd, junk | F_GETFD, 0L));
  SHOW(syscall(SYS_openat, junk | (unsigned)AT_FDCWD, "missing", junk | O_RDONLY, 0L));
  SHOW(syscall(SYS_umask, junk | 022));
  SHOW(syscall(SYS_kill, junk | (unsigned)getpid(), junk));
}
