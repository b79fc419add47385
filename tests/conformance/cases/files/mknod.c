// mknod and mkfifo: fifos and regular files, errors; a fifo opened at both ends: mknod(2), fifo(7).
#include "case.h"

CASE {
  SHOW(mkfifo("fifo", 0600));
  SHOW(mkfifo("fifo", 0600));
  SHOW(mknod("file", S_IFREG | 0640, 0));
  SHOW(mknod("bad", S_IFDIR | 0640, 0));
  SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
  int in = SHOW(open("fifo", O_RDONLY | O_NONBLOCK));
  char buffer[8] = "";
  SHOW(read(in, buffer, 8));
  int out = SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
  SHOW(read(in, buffer, 8));
  SHOW(write(out, "fifo", 4));
  SHOW(read(in, buffer, 8));
  say("%s\n", buffer);
  SHOW(close(out));
  SHOW(read(in, buffer, 8));
  SHOW(lseek(in, 0, SEEK_SET));
}
