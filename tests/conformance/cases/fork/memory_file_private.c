// A private mapping of a file is copied on write by each process, and the file stays as it was: mmap(2).
// marks: fork
#include "relatives.h"

CASE {
  int fd = file_with("file", "0123456789");
  char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  NEED(memory != MAP_FAILED);
  memory[0] = 'p';
  pid_t child;
  START(child) {
    memory[1] = 'c';
    say("child: %s\n", memory);
  }
  reap("child", child);
  memory[2] = 'P';
  say("parent: %s\n", memory);
  char text[16] = "";
  NEED(pread(fd, text, 15, 0) == 10);
  say("file: %s\n", text);
  START(child) say("second child: %s\n", memory);
  reap("second child", child);
}
