// A range with MADV_WIPEONFORK is zero in the child and keeps the flag for grandchildren: madvise(2).
// marks: fork
#include "relatives.h"

CASE {
  char* memory = fresh_pages(3);
  memset(memory, 'x', 3 * KX_PAGE);
  SHOW(madvise(memory + KX_PAGE, KX_PAGE, MADV_WIPEONFORK));
  pid_t child, grandchild;
  START(child) {
    say("child: %c %d %c\n", memory[0], memory[KX_PAGE], memory[2 * KX_PAGE]);
    memory[KX_PAGE] = 'c';
    START(grandchild) say("grandchild: %d\n", memory[KX_PAGE]);
    reap("grandchild", grandchild);
    NEED(madvise(memory + KX_PAGE, KX_PAGE, MADV_KEEPONFORK) == 0);
    START(grandchild) say("grandchild after MADV_KEEPONFORK: %c\n", memory[KX_PAGE]);
    reap("grandchild", grandchild);
  }
  reap("child", child);
  say("parent: %c\n", memory[KX_PAGE]);
  int fd = file_with("file", "text");
  void* map = mmap(NULL, KX_PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
  SHOW(madvise(map, KX_PAGE, MADV_WIPEONFORK));
}
