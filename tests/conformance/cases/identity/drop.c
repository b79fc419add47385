// A daemon's way from root to a user: groups, group, user; what it may then do, and that there is no way back: setuid(2),
// credentials(7).
#include <grp.h>

#include "identity.h"

CASE {
  make_file("secret", 0600);
  make_file("mine", 0600);
  NEED(chmod(".", 0777) == 0);
  const gid_t groups[] = {44444, 7, 33333};
  if (!is_root()) return;
  SHOW(setgroups(3, groups));
  SHOW(setgid(1234));
  SHOW(chown("mine", 4321, 1234));
  SHOW(setuid(4321));
  say_ids();
  say_groups();
  SHOW(setuid(0));
  SHOW(seteuid(0));
  SHOW(setgid(0));
  SHOW(setgroups(3, groups));
  SHOW(setresuid((uid_t)-1, (uid_t)-1, (uid_t)-1));
  SHOW(setuid(4321));
  say_open("secret", O_RDONLY);
  say_open("secret", O_WRONLY);
  say_open("mine", O_RDWR);
  say_open("/etc/shadow", O_RDONLY);
  SHOW(access("secret", R_OK));
  SHOW(access("mine", R_OK | W_OK));
  SHOW(chmod("secret", 0644));
  SHOW(chmod("mine", 0640));
  SHOW(chown("mine", 4321, 33333));
  SHOW(chown("mine", 4321, 55555));
  SHOW(chown("mine", 0, (gid_t)-1));
  say_owner("mine");
  make_file("new", 0644);
  say_owner("new");
  say_status_lines("self");
}
