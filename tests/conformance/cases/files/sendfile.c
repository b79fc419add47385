// sendfile: with and without offset, to a file and to a pipe: sendfile(2).
#include <sys/sendfile.h>

#include "case.h"

CASE {
  int in = file_with("in", "0123456789abcdef"), out = open("out", O_RDWR | O_CREAT, 0644);
  off_t offset = 4;
  SHOW(sendfile(out, in, &offset, 6));
  SHOW(offset);
  SHOW(lseek(in, 0, SEEK_CUR));
  SHOW(sendfile(out, in, NULL, 3));
  SHOW(lseek(in, 0, SEEK_CUR));
  SHOW(sendfile(out, in, NULL, 1000));
  SHOW(sendfile(out, in, NULL, 1000));
  char buffer[64] = "";
  SHOW(pread(out, buffer, sizeof buffer, 0));
  say("%s\n", buffer);
  int ends[2];
  NEED(pipe(ends) == 0);
  offset = 10;
  SHOW(sendfile(ends[1], in, &offset, 4));
  SHOW(read(ends[0], buffer, sizeof buffer));
  say("%.4s\n", buffer);
  offset = -1;
  SHOW(sendfile(out, in, &offset, 4));
  SHOW(sendfile(open("in", O_RDONLY), out, NULL, 4));
  SHOW(sendfile(out, ends[0], NULL, 0));
}
