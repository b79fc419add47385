// set_tid_address gives the thread's number; the robust list is kept: set_tid_address(2), get_robust_list(2).
#include <linux/futex.h>

#include "case.h"

CASE {
  int word;
  CHECK(syscall(SYS_set_tid_address, &word) == getpid());
  struct robust_list_head *head = NULL, mine = {{&mine.list}, 0, NULL};
  size_t size = 0;
  SHOW(syscall(SYS_get_robust_list, 0, &head, &size));
  SHOW(size);
  SHOW(syscall(SYS_set_robust_list, &mine, sizeof mine));
  SHOW(syscall(SYS_get_robust_list, 0, &head, &size));
  CHECK(head == &mine);
  SHOW(syscall(SYS_set_robust_list, &mine, 5));
  SHOW(syscall(SYS_get_robust_list, 999999999, &head, &size));
}
