// A private and a shared mapping of one file in parent and child: mmap(2).
// marks: fork
#include "relatives.h"

CASE {
  int fd = file_with("file", "0123456789");
  char* common = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char* own = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  NEED(common != MAP_FAILED && own != MAP_FAILED);
  own[0] = 'p';
  pid_t child;
  START(child) {
    common[1] = 'S';
    own[2] = 'c';
    say("child: %.10s %.3s\n", common, own);
  }
  reap("child", child);
  say("parent: %.10s %c %c\n", common, own[0], own[2]);
}
