// A shared file mapping and read and write of the file agree in both directions: mmap(2), msync(2).
#include "case.h"

CASE {
  int fd = file_with("file", "hello, world");
  char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(memory != MAP_FAILED);
  memory[0] = 'J';
  char text[32] = "";
  SHOW(pread(fd, text, sizeof text, 0));
  say("%s\n", text);
  SHOW(pwrite(fd, "WORLD", 5, 7));
  say("%s\n", memory);
  SHOW(msync(memory, KX_PAGE, MS_SYNC));
  SHOW(munmap(memory, KX_PAGE));
  memset(text, 0, sizeof text);
  SHOW(pread(fd, text, sizeof text, 0));
  say("%s\n", text);
  struct stat status;
  SHOW(fstat(fd, &status));
  SHOW(status.st_size);
}
