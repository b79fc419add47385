// Directories with the sticky and the set-group bit, and what others' files allow: inode(7), unlink(2), rename(2).
#include "identity.h"

CASE {
  NEED(chmod(".", 0755) == 0 && mkdir("shared", 0700) == 0 && chmod("shared", 01777) == 0);
  NEED(mkdir("group", 0700) == 0);
  make_file("shared/roots", 0666);
  if (!is_root()) return;
  NEED(chown("group", 0, 91) == 0 && chmod("group", 02775) == 0);
  pid_t pid;
  START(pid) {
    NEED(setresgid(91, 91, 91) == 0 && setuid(90) == 0);
    SHOW(unlink("shared/roots"));
    SHOW(rename("shared/roots", "shared/mine"));
    say_open("shared/roots", O_RDWR);
    SHOW(chmod("shared/roots", 0600));
    SHOW(utimensat(AT_FDCWD, "shared/roots", NULL, 0));
    SHOW(utimensat(AT_FDCWD, "shared/roots", (struct timespec[2]){{1, 0}, {1, 0}}, 0));
    make_file("shared/mine", 0644);
    make_file("group/mine", 0644);
    SHOW(mkdir("group/below", 0755));
    say_owner("shared/mine");
    say_owner("group/mine");
    say_owner("group/below");
    SHOW(mkdir("forbidden", 0755));
    SHOW(symlink("shared", "forbidden"));
    SHOW(link("shared/roots", "shared/linked") == 0 || errno == EPERM);
    SHOW(truncate("shared/roots", 3));
    SHOW(chdir("/root") == 0 ? 0 : -1);
  }
  reap("user", pid);
  START(pid) {
    NEED(setuid(92) == 0);
    SHOW(unlink("shared/mine"));
    SHOW(unlink("group/mine"));
    SHOW(rmdir("group/below"));
    say_open("shared/mine", O_WRONLY);
    say_open("shared/mine", O_RDONLY);
  }
  reap("other", pid);
  SHOW(unlink("shared/mine"));
  SHOW(rmdir("group/below"));
}
