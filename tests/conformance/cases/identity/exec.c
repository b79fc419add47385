// A new program has the effective ids as its saved ones, and is who its caller was: execve(2).
#include <grp.h>

#include "identity.h"

static const char script[] = "id -u; id -ru; id -g; id -G; grep -E '^(Uid|Gid|Groups)' /proc/self/status; "
                             "cat secret 2>/dev/null || echo refused; touch by_$(id -u) && stat -c %u:%g by_$(id -u); "
                             "(id -u) | cat; sh -c 'id -u & wait'";

static void run(uid_t real, uid_t effective, uid_t saved) {
  pid_t pid;
  START(pid) {
    NEED(setgroups(2, (gid_t[]){20, 10}) == 0 && setresgid(real + 1, effective + 1, saved + 1) == 0);
    NEED(setresuid(real, effective, saved) == 0);
    execl("/bin/sh", "sh", "-pc", script, NULL);
    _exit(127);
  }
  reap("shell", pid);
}

CASE {
  NEED(chmod(".", 0777) == 0);
  make_file("secret", 0600);
  if (!is_root()) return;
  run(70, 70, 70);
  run(71, 72, 73);
  run(74, 0, 0);
  run(0, 75, 0);
}
