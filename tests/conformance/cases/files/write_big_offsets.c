// Files beyond 4 GiB: sparse writes, reads and mappings at high offsets: pwrite(2), mmap(2).
#include "case.h"

CASE {
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  off_t high = ((off_t)5 << 30) + 123;
  SHOW(pwrite(fd, "high", 4, high));
  struct stat status;
  SHOW(fstat(fd, &status));
  CHECK(status.st_size == high + 4);
  char buffer[8] = "";
  SHOW(pread(fd, buffer, 8, high));
  say("%s\n", buffer);
  SHOW(pread(fd, buffer, 8, high - 8));
  SHOW(buffer[0] + buffer[7]);
  char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)5 << 30);
  CHECK(memory != MAP_FAILED);
  say("%.4s\n", memory + 123);
  memory[123] = 'H';
  SHOW(pread(fd, buffer, 4, high));
  say("%.4s\n", buffer);
  CHECK(lseek(fd, 0, SEEK_END) == high + 4);
  SHOW(ftruncate(fd, 0));
}
