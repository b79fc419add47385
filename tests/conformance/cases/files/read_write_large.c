// Several megabytes in one call, and in odd pieces, come back the same: read(2), write(2).
#include "case.h"

CASE {
  size_t size = 5000003;
  unsigned char *data = malloc(size), *back = calloc(1, size);
  for (size_t i = 0; i < size; i++) data[i] = (unsigned char)(i * 2654435761u >> 13);
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  SHOW(write(fd, data, size));
  SHOW(pread(fd, back, size, 0));
  SHOW(memcmp(data, back, size));
  SHOW(pread(fd, back, size, 1234567));
  SHOW(memcmp(data + 1234567, back, size - 1234567));
  memset(back, 0, size);
  SHOW(lseek(fd, 0, SEEK_SET));
  size_t at = 0;
  for (size_t piece = 1; at < size; piece = piece * 3 % 70001 + 1) {
    ssize_t got = read(fd, back + at, piece);
    NEED(got > 0);
    at += (size_t)got;
  }
  SHOW(at);
  SHOW(memcmp(data, back, size));
}
