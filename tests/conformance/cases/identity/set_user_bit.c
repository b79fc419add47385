// A write by whoever does not own the right takes the set-user-ID and set-group-ID bits off a file; root's leaves them:
// write(2), inode(7).
#include "identity.h"

CASE {
  NEED(chmod(".", 0777) == 0);
  make_file("roots", 06777);
  make_file("users", 06777);
  if (!is_root()) return;
  const int fd = open("users", O_RDWR);
  NEED(fd >= 0 && write(fd, "x", 1) == 1);
  say_owner("users");
  pid_t pid;
  START(pid) {
    NEED(setgid(51) == 0 && setuid(50) == 0);
    for (int i = 0; i < 200; i++) NEED(write(fd, "x", 1) == 1);
    say_owner("users");
    const int own = open("roots", O_WRONLY);
    NEED(own >= 0 && write(own, "x", 1) == 1);
    say_owner("roots");
  }
  reap("user", pid);
}
