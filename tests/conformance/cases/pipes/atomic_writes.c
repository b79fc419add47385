// Writes of up to PIPE_BUF bytes of several processes are not mixed: pipe(7).
// marks: fork, lane
#include "relatives.h"

CASE {
  const int sizes[] = {1, 100, 512, PIPE_BUF};
  for (int s = 0; s < 4; s++) {
    int ends[2], size = sizes[s];
    NEED(pipe(ends) == 0);
    pid_t children[4];
    for (int who = 0; who < 4; who++) START(children[who]) {
        char record[PIPE_BUF];
        memset(record, 'a' + who, sizeof record);
        for (int i = 0; i < 50; i++) NEED(write(ends[1], record, (size_t)size) == size);
      }
    close(ends[1]);
    FILE* stream = fdopen(ends[0], "r");
    char record[PIPE_BUF];
    int counts[4] = {0}, mixed = 0;
    while (fread(record, (size_t)size, 1, stream) == 1) {
      for (int i = 1; i < size; i++) mixed += record[i] != record[0];
      if (record[0] >= 'a' && record[0] < 'e') counts[record[0] - 'a']++;
    }
    fclose(stream);
    say("size %d: %d %d %d %d, mixed %d\n", size, counts[0], counts[1], counts[2], counts[3], mixed);
    for (int who = 0; who < 4; who++) ended(children[who]);
  }
}
