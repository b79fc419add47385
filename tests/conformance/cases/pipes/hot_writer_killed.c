// A writer is killed in the middle of a stream: what it wrote can be read, then comes the end of the file.
// marks: fork
#include "hot.h"

CASE {
  for (int round = 0; round < 20; round++) {
    struct line line;
    warm_up(&line);
    if (line.child == 0) {
      for (uint32_t i = 0;;) {
        uint32_t numbers[700];
        for (int at = 0; at < 700; at++) numbers[at] = i++;
        must_write(line.from[1], numbers, sizeof numbers);
      }
    }
    close(line.from[1]);
    uint32_t numbers[1024], next = 0, wrong = 0;
    uint64_t bytes = 0;
    ssize_t got;
    while ((got = read(line.from[0], (char*)numbers + bytes % 4, sizeof numbers - 4)) > 0) {
      const size_t whole = ((size_t)got + bytes % 4) / 4;
      for (size_t at = 0; at < whole; at++) wrong += numbers[at] != next++;
      numbers[0] = numbers[whole];
      bytes += (size_t)got;
      if (bytes > 100000u * (unsigned)round) kill(line.child, SIGKILL);
    }
    say("wrong %u, end %zd, enough %d\n", wrong, got, bytes > 100000u * (unsigned)round);
    reap("writer", line.child);
    close(line.from[0]), close(line.to[0]), close(line.to[1]);
  }
}
