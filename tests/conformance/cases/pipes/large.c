// Eight MiB through a pipe, checked by a sum on both sides: pipe(7).
// marks: fork
#include "relatives.h"

CASE {
  int ends[2], result[2];
  NEED(pipe(ends) == 0 && pipe(result) == 0);
  static uint64_t block[8192];
  pid_t child;
  START(child) {
    close(ends[1]);
    uint64_t sum = 0, total = 0;
    ssize_t got;
    unsigned char* bytes = (unsigned char*)block;
    while ((got = read(ends[0], block, sizeof block)) > 0) {
      for (ssize_t i = 0; i < got; i++) sum = sum * 31 + bytes[i];
      total += (uint64_t)got;
    }
    uint64_t both[2] = {sum, total};
    NEED(write(result[1], both, sizeof both) == sizeof both);
  }
  close(ends[0]);
  uint64_t sum = 0, state = 1;
  for (int round = 0; round < 128; round++) {
    for (int i = 0; i < 8192; i++) block[i] = state = state * 6364136223846793005u + 1442695040888963407u;
    const unsigned char* bytes = (const unsigned char*)block;
    for (size_t i = 0; i < sizeof block; i++) sum = sum * 31 + bytes[i];
    for (size_t at = 0; at < sizeof block;) {
      ssize_t put = write(ends[1], bytes + at, sizeof block - at);
      NEED(put > 0);
      at += (size_t)put;
    }
  }
  close(ends[1]);
  uint64_t both[2];
  NEED(read(result[0], both, sizeof both) == sizeof both);
  reap("child", child);
  say("%lu bytes, sums agree %d\n", both[1], both[0] == sum);
}
