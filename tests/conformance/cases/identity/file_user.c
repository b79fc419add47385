// The id for files alone: setfsuid(2), setfsgid(2).
#include <sys/fsuid.h>

#include "identity.h"

CASE {
  NEED(chmod(".", 0777) == 0);
  make_file("secret", 0600);
  if (!is_root()) return;
  SHOW(setfsgid(81));
  SHOW(setfsuid(80));
  SHOW(setfsuid((uid_t)-1));
  SHOW(setfsgid((gid_t)-1));
  say_ids();
  say_status_lines("self");
  say_open("secret", O_RDONLY);
  make_file("new", 0640);
  say_owner("new");
  SHOW(kill(getppid(), 0) == 0 || errno == ESRCH);
  SHOW(setfsuid(0));
  say_open("secret", O_RDONLY);
  SHOW(setfsuid(82));
  SHOW(seteuid(0));
  SHOW(setfsuid((uid_t)-1));
  SHOW(setuid(83));
  SHOW(setfsuid(0));
  SHOW(setfsuid((uid_t)-1));
}
