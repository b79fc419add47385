// Children are who their parent is at the fork, however often; a change of a child's is its own: fork(2), credentials(7).
#include <grp.h>

#include "identity.h"

static void look(const char* name) {
  say_ids();
  say_groups();
  say_open("secret", O_RDONLY);
  make_file(name, 0644);
  say_owner(name);
}

CASE {
  NEED(chmod(".", 0777) == 0);
  make_file("secret", 0600);
  if (!is_root()) return;
  for (int i = 0; i < 4; i++) {
    pid_t pid;
    START(pid) {
      char name[16], inner[16];
      snprintf(name, sizeof name, "child%d", i);
      snprintf(inner, sizeof inner, "inner%d", i);
      NEED(setgroups(1, (gid_t[]){(gid_t)(300 + i)}) == 0 && setgid((gid_t)(200 + i)) == 0);
      NEED(setuid((uid_t)(100 + i)) == 0);
      look(name);
      pid_t grandchild;
      START(grandchild) {
        look(inner);
        _exit(setuid(0) == 0);
      }
      reap("grandchild", grandchild);
    }
    reap("child", pid);
    say_ids();
    say_open("secret", O_RDONLY);
  }
  NEED(setresuid(900, 900, 0) == 0);
  for (int i = 0; i < 4; i++) {
    pid_t pid;
    START(pid) {
      say_ids();
      SHOW(seteuid(0));
      say_open("secret", O_RDONLY);
    }
    reap("child", pid);
    say_open("secret", O_RDONLY);
  }
}
