// splice moves data between pipes and files of parent and child: splice(2).
// marks: fork
#include "relatives.h"

CASE {
  int first[2], second[2];
  NEED(pipe(first) == 0 && pipe(second) == 0);
  int in = open("in", O_RDWR | O_CREAT, 0644), out = open("out", O_RDWR | O_CREAT, 0644);
  static char data[50000], got[50001];
  for (size_t i = 0; i < sizeof data; i++) data[i] = (char)(i / 100);
  NEED(write(in, data, sizeof data) == sizeof data && lseek(in, 0, SEEK_SET) == 0);
  pid_t from_file, between;
  START(from_file) {
    close(first[0]);
    long total = 0, moved;
    while ((moved = splice(in, NULL, first[1], NULL, 10000, 0)) > 0) total += moved;
    _exit(total == sizeof data);
  }
  START(between) {
    close(first[1]);
    close(second[0]);
    long total = 0, moved;
    while ((moved = splice(first[0], NULL, second[1], NULL, 7000, SPLICE_F_MOVE)) > 0) total += moved;
    _exit(total == sizeof data);
  }
  close(first[1]);
  close(second[1]);
  long total = 0, moved;
  while ((moved = splice(second[0], NULL, out, NULL, 65536, 0)) > 0) total += moved;
  reap("from the file", from_file);
  reap("between", between);
  SHOW(total);
  SHOW(pread(out, got, sizeof got, 0));
  CHECK(memcmp(data, got, sizeof data) == 0);
  SHOW(splice(in, NULL, out, NULL, 10, 0));
  SHOW(splice(first[0], NULL, second[1], NULL, 10, SPLICE_F_NONBLOCK));
}
