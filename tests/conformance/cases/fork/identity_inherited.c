// User and group numbers are inherited: credentials(7).
// marks: fork
#include "relatives.h"

CASE {
  uid_t uids[3];
  gid_t gids[3];
  gid_t groups[64], child_groups[64];
  NEED(getresuid(&uids[0], &uids[1], &uids[2]) == 0 && getresgid(&gids[0], &gids[1], &gids[2]) == 0);
  int count = getgroups(64, groups);
  pid_t child;
  START(child) {
    uid_t own[3];
    gid_t own_groups[3];
    NEED(getresuid(&own[0], &own[1], &own[2]) == 0 && getresgid(&own_groups[0], &own_groups[1], &own_groups[2]) == 0);
    say("child: %d %d %d\n", memcmp(own, uids, sizeof uids) == 0, memcmp(own_groups, gids, sizeof gids) == 0,
        getgroups(64, child_groups) == count && memcmp(groups, child_groups, (size_t)count * sizeof *groups) == 0);
  }
  reap("child", child);
}
