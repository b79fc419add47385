// A robust futex in a mapping beyond the end of its file, and one that can only be read: nothing happens to either, or
// to whoever else maps the file: set_robust_list(2).
// marks: fork
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "relatives.h"

struct page {
  struct robust_list_head head;
  struct robust_list entry;
  uint32_t word;
};

CASE {
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  NEED(fd >= 0);
  struct gate ready = make_gate();
  for (int turn = 0; turn < 2; turn++) {
    NEED(ftruncate(fd, KX_PAGE) == 0);
    struct page* ours = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    NEED(ours != MAP_FAILED);
    pid_t child;
    START(child) {
      struct page* page = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      NEED(page != MAP_FAILED);
      page->head.list.next = &page->entry;
      page->entry.next = &page->head.list;
      page->head.futex_offset = offsetof(struct page, word) - offsetof(struct page, entry);
      page->word = (uint32_t)getpid();
      NEED(syscall(SYS_set_robust_list, &page->head, sizeof page->head) == 0);
      if (turn == 1) NEED(mprotect(page, KX_PAGE, PROT_READ) == 0);
      open_gate(ready);
      for (;;) pause();
    }
    pass_gate(ready);
    if (turn == 0) NEED(ftruncate(fd, 0) == 0);
    NEED(kill(child, SIGKILL) == 0);
    reap("child", child);
    if (turn == 1) say("word: %s\n", ours->word == (uint32_t)child ? "as it was" : "changed");
    NEED(munmap(ours, KX_PAGE) == 0);
  }
}
