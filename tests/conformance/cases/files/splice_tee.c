// splice between file and pipe, tee between pipes, vmsplice: splice(2), tee(2).
#include <sys/uio.h>

#include "case.h"

CASE {
  int one[2], two[2];
  NEED(pipe(one) == 0 && pipe(two) == 0);
  int in = file_with("in", "0123456789"), out = open("out", O_RDWR | O_CREAT, 0644);
  off_t offset = 3;
  SHOW(splice(in, &offset, one[1], NULL, 5, 0));
  SHOW(offset);
  SHOW(tee(one[0], two[1], 100, 0));
  SHOW(splice(one[0], NULL, out, NULL, 100, 0));
  char buffer[32] = "";
  SHOW(read(two[0], buffer, sizeof buffer));
  say("%s\n", buffer);
  SHOW(pread(out, buffer, sizeof buffer, 0));
  say("%s\n", buffer);
  SHOW(splice(in, NULL, out, NULL, 5, 0));
  SHOW(splice(one[0], &offset, out, NULL, 5, 0));
  SHOW(splice(one[0], NULL, out, NULL, 5, SPLICE_F_NONBLOCK));
  SHOW(tee(one[0], one[1], 5, 0));
  struct iovec vector = {"gift", 4};
  SHOW(vmsplice(one[1], &vector, 1, 0));
  SHOW(read(one[0], buffer, sizeof buffer));
  say("%.4s\n", buffer);
}
