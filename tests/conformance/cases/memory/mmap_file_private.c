// A private file mapping shows the file and keeps its own changes: mmap(2).
#include "case.h"

CASE {
  int fd = file_with("file", "hello, world");
  char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  NEED(memory != MAP_FAILED);
  say("%s\n", memory);
  memory[0] = 'J';
  char text[32] = "";
  SHOW(pread(fd, text, sizeof text, 0));
  say("%s / %s\n", text, memory);
  SHOW(memory[12]);
  SHOW(memory[KX_PAGE - 1]);
  SHOW(close(fd));
  say("%s\n", memory);
}
