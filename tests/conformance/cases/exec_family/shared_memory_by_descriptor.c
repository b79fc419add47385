// A memfd passed over exec by its number holds what the parent wrote, and the other way round: memfd_create(2).
// marks: fork
#include "rerun.h"

AGAIN {
  char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(words[0]), 0);
  NEED(memory != MAP_FAILED);
  say("new program: %s\n", memory);
  strcpy(memory, "from the new program");
  return 0;
}

CASE {
  int fd = memfd_create("common", 0);
  NEED(fd >= 0 && ftruncate(fd, KX_PAGE) == 0);
  char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(memory != MAP_FAILED);
  strcpy(memory, "from the parent");
  pid_t child;
  START(child) {
    char number[16];
    snprintf(number, sizeof number, "%d", fd);
    rerun(number, NULL);
  }
  reap("child", child);
  say("parent: %s\n", memory);
}
