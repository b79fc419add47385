// futex on a word of a shared file mapping, at different addresses in the two processes: futex(2).
// marks: fork
#include <linux/futex.h>

#include "relatives.h"

static uint32_t* map(void) {
  int fd = open("file", O_RDWR);
  void* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(fd >= 0 && memory != MAP_FAILED);
  return memory;
}

CASE {
  close(file_with("file", ""));
  NEED(truncate("file", KX_PAGE) == 0);
  uint32_t* words = map();
  pid_t child;
  START(child) {
    uint32_t* own = map();
    NEED(own != words);
    for (uint32_t i = 0; i < 50; i++) {
      while (__atomic_load_n(&own[0], __ATOMIC_SEQ_CST) == i) syscall(SYS_futex, &own[0], FUTEX_WAIT, i, NULL, NULL, 0);
      __atomic_store_n(&own[1], i + 1, __ATOMIC_SEQ_CST);
      syscall(SYS_futex, &own[1], FUTEX_WAKE, 1, NULL, NULL, 0);
    }
  }
  for (uint32_t i = 0; i < 50; i++) {
    __atomic_store_n(&words[0], i + 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &words[0], FUTEX_WAKE, 1, NULL, NULL, 0);
    while (__atomic_load_n(&words[1], __ATOMIC_SEQ_CST) == i)
      syscall(SYS_futex, &words[1], FUTEX_WAIT, i, NULL, NULL, 0);
  }
  reap("child", child);
  say("%u %u\n", words[0], words[1]);
}
