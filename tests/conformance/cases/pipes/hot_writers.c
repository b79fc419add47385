// Four writers: what is not longer than PIPE_BUF stays in one piece (pipe(7)).
// marks: fork
#include "hot.h"

CASE {
  enum { writers = 4, records = 400 };
  static const size_t sizes[] = {PIPE_BUF, 100, 1, 3000};
  for (int kind = 0; kind < 4; kind++) {
    int ends[2];
    NEED(pipe(ends) == 0);
    pid_t children[writers];
    for (int i = 0; i < writers; i++) START(children[i]) {
        char record[PIPE_BUF];
        memset(record, 'a' + i, sizeof record);
        for (int n = 0; n < records; n++) NEED(write(ends[1], record, sizes[kind]) == (ssize_t)sizes[kind]);
      }
    close(ends[1]);
    int counts[writers] = {0}, torn = 0;
    for (int n = 0; n < writers * records; n++) {
      char record[PIPE_BUF];
      must_read(ends[0], record, sizes[kind]);
      for (size_t at = 1; at < sizes[kind]; at++) torn += record[at] != record[0];
      NEED(record[0] >= 'a' && record[0] < 'a' + writers);
      counts[record[0] - 'a']++;
    }
    char byte;
    say("%zu bytes: torn %d, records %d %d %d %d, then %zd\n", sizes[kind], torn, counts[0], counts[1], counts[2],
        counts[3], read(ends[0], &byte, 1));
    for (int i = 0; i < writers; i++) reap("writer", children[i]);
    close(ends[0]);
  }
}
