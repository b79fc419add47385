// A program that acts for others keeps its saved id: effective ids go and come back, and with them what it may do:
// seteuid(2), setreuid(2), access(2).
#include "identity.h"

CASE {
  NEED(chmod(".", 0777) == 0);
  make_file("secret", 0600);
  if (!is_root()) return;
  for (int i = 0; i < 3; i++) {
    SHOW(setegid(500 + i));
    SHOW(seteuid(600 + i));
    say_ids();
    say_open("secret", O_RDONLY);
    SHOW(access("secret", R_OK));
    SHOW(eaccess("secret", R_OK));
    SHOW(setuid(900));
    SHOW(seteuid(0));
    SHOW(setegid(0));
    say_open("secret", O_RDONLY);
  }
  SHOW(setreuid(600, (uid_t)-1));
  say_ids();
  SHOW(access("secret", R_OK));
  say_open("secret", O_RDONLY);
  SHOW(setreuid(0, 600));
  say_ids();
  SHOW(setresuid(600, 0, 700));
  say_ids();
  SHOW(setresuid(600, 700, 600));
  say_ids();
  SHOW(setresuid((uid_t)-1, 600, 700));
  say_ids();
  SHOW(setreuid(600, 600));
  say_ids();
  SHOW(seteuid(700));
}
