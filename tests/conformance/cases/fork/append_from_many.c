// Six processes append to one file: no record is lost or torn: open(2), O_APPEND.
// marks: fork
#include "relatives.h"

CASE {
  int fd = open("log", O_CREAT | O_RDWR | O_APPEND, 0644);
  pid_t children[6];
  for (int who = 0; who < 6; who++) START(children[who]) {
      char record[32];
      if (who % 2) fd = open("log", O_WRONLY | O_APPEND);
      for (int i = 0; i < 40; i++) {
        memset(record, 'a' + who, 31);
        record[31] = '\n';
        NEED(write(fd, record, 32) == 32);
      }
    }
  for (int who = 0; who < 6; who++) reap("writer", children[who]);
  static char all[10000];
  SHOW(pread(fd, all, sizeof all, 0));
  int counts[6] = {0}, torn = 0;
  for (int i = 0; i < 240; i++) {
    char* record = all + i * 32;
    if (record[0] >= 'a' && record[0] < 'g') counts[record[0] - 'a']++;
    for (int j = 0; j < 31; j++) torn += record[j] != record[0];
  }
  say("%d %d %d %d %d %d, torn %d\n", counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], torn);
}
