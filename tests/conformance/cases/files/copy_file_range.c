// copy_file_range: offsets, positions, overlap, errors: copy_file_range(2).
#include "case.h"

CASE {
  int in = file_with("in", "0123456789"), out = open("out", O_RDWR | O_CREAT, 0644);
  off_t from = 2, to = 5;
  SHOW(copy_file_range(in, &from, out, &to, 4, 0));
  say("%ld %ld\n", (long)from, (long)to);
  SHOW(copy_file_range(in, NULL, out, NULL, 3, 0));
  SHOW(lseek(in, 0, SEEK_CUR));
  char buffer[32] = "";
  SHOW(pread(out, buffer, sizeof buffer, 0));
  for (int i = 0; i < 9; i++) say("%c", buffer[i] ? buffer[i] : '.');
  say("\n");
  from = 100;
  SHOW(copy_file_range(in, &from, out, NULL, 3, 0));
  from = 0, to = 2;
  SHOW(copy_file_range(in, &from, in, &to, 5, 0));
  SHOW(copy_file_range(in, NULL, out, NULL, 3, 1));
  SHOW(copy_file_range(out, NULL, open("in", O_RDONLY), NULL, 3, 0));
  int ends[2];
  NEED(pipe(ends) == 0);
  SHOW(copy_file_range(in, NULL, ends[1], NULL, 3, 0));
  SHOW(copy_file_range(open(".", O_RDONLY), NULL, out, NULL, 3, 0));
}
