// Sequential reading or writing of a file in blocks; prints the nanoseconds of the best pass.
// usage: sequential read|write FILE SIZE BLOCK PASSES; a file to read must be SIZE bytes at least.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int main(int argc, char** argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: sequential read|write FILE SIZE BLOCK PASSES\n");
    return 2;
  }
  const int writes = strcmp(argv[1], "write") == 0;
  const uint64_t size = strtoull(argv[3], NULL, 0), block = strtoull(argv[4], NULL, 0);
  const int fd = open(argv[2], writes ? O_RDWR : O_RDONLY);
  char* buffer = malloc(block);
  if (fd < 0 || buffer == NULL) {
    perror(argv[2]);
    return 1;
  }
  memset(buffer, 'k', block);  // the buffer's own pages are no part of the measurement
  uint64_t best = UINT64_MAX;
  for (int pass = 0; pass < atoi(argv[5]); ++pass) {
    lseek(fd, 0, SEEK_SET);
    const uint64_t start = now_ns();
    for (uint64_t done = 0; done < size;) {
      const ssize_t count = writes ? write(fd, buffer, block) : read(fd, buffer, block);
      if (count <= 0) {
        perror(argv[1]);
        return 1;
      }
      done += (uint64_t)count;
    }
    const uint64_t elapsed = now_ns() - start;
    best = elapsed < best ? elapsed : best;
  }
  printf("%llu\n", (unsigned long long)best);
  return 0;
}
