// A memfd made before fork is common, mapped by both at different times and places: memfd_create(2).
// marks: fork
#include "relatives.h"

CASE {
  int fd = memfd_create("common", 0);
  NEED(fd >= 0 && ftruncate(fd, KX_PAGE) == 0);
  pid_t child;
  START(child) {
    char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    NEED(memory != MAP_FAILED);
    strcpy(memory, "written by the child");
    NEED(ftruncate(fd, 2 * KX_PAGE) == 0);
  }
  reap("child", child);
  struct stat status;
  NEED(fstat(fd, &status) == 0);
  SHOW(status.st_size);
  char* memory = mmap(NULL, 2 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(memory != MAP_FAILED);
  say("parent: %s\n", memory);
  memory[KX_PAGE] = 'p';
  START(child) {
    char byte;
    NEED(pread(fd, &byte, 1, KX_PAGE) == 1);
    say("second child: %c\n", byte);
  }
  reap("second child", child);
}
