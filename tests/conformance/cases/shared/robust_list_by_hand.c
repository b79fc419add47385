// A list of robust futexes made by hand: what is marked when its thread is killed, with an entry that is pending, one
// of somebody else's, an endless list and one that leads nowhere: set_robust_list(2). marks: fork
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "relatives.h"

struct lock {
  struct robust_list entry;
  uint32_t word;
};

static struct {
  struct robust_list_head head;
  struct lock locks[4];
} * shared;

static void link_all(pid_t owner) {
  memset(shared, 0, sizeof *shared);
  shared->head.futex_offset = offsetof(struct lock, word);
  struct robust_list* last = &shared->head.list;
  for (int i = 0; i < 3; i++) {
    last->next = &shared->locks[i].entry;
    last = &shared->locks[i].entry;
    shared->locks[i].word = (uint32_t)owner;
  }
  last->next = &shared->head.list;
  shared->head.list_op_pending = &shared->locks[3].entry;
  shared->locks[3].word = (uint32_t)owner | FUTEX_WAITERS;
}

static void show(const char* what, pid_t owner) {
  say("%s:", what);
  for (int i = 0; i < 4; i++) {
    uint32_t word = shared->locks[i].word;
    say(" %s%s%s", word & FUTEX_OWNER_DIED ? "died" : "-", word & FUTEX_WAITERS ? "+waiters" : "",
        (word & FUTEX_TID_MASK) == 0                 ? ""
        : (word & FUTEX_TID_MASK) == (uint32_t)owner ? "+owner"
                                                     : "+other");
  }
  say("\n");
}

CASE {
  shared = shared_memory(KX_PAGE);
  struct gate ready = make_gate();
  for (int turn = 0; turn < 5; turn++) {
    pid_t child;
    START(child) {
      link_all(getpid());
      if (turn == 1) shared->locks[1].word = 1;
      if (turn == 2) shared->locks[2].entry.next = &shared->locks[1].entry;
      if (turn == 3) shared->locks[0].entry.next = (struct robust_list*)0x10000;
      if (turn == 4) shared->head.futex_offset = -1ul << 40;
      NEED(syscall(SYS_set_robust_list, &shared->head, sizeof shared->head) == 0);
      open_gate(ready);
      for (;;) pause();
    }
    pass_gate(ready);
    NEED(kill(child, SIGKILL) == 0);
    reap("child", child);
    show("words", child);
  }
}
