// File actions of posix_spawn: open, dup2, close, chdir; a failing one: posix_spawn_file_actions_addopen(3).
// marks: fork
#include <spawn.h>

#include "relatives.h"

extern char** environ;

CASE {
  close(file_with("in", "from a file\n"));
  NEED(mkdir("d", 0755) == 0);
  posix_spawn_file_actions_t actions;
  pid_t child;
  char* cat[] = {"cat", NULL};
  NEED(posix_spawn_file_actions_init(&actions) == 0);
  SHOW_CODE(posix_spawn_file_actions_addopen(&actions, 0, "in", O_RDONLY, 0));
  SHOW_CODE(posix_spawn_file_actions_addopen(&actions, 5, "out", O_WRONLY | O_CREAT, 0640));
  SHOW_CODE(posix_spawn_file_actions_adddup2(&actions, 5, 1));
  SHOW_CODE(posix_spawn_file_actions_addclose(&actions, 5));
  SHOW_CODE(posix_spawn(&child, "/bin/cat", &actions, NULL, cat, environ));
  reap("cat", child);
  posix_spawn_file_actions_destroy(&actions);
  char text[64] = "";
  NEED(read(open("out", O_RDONLY), text, 63) > 0);
  say("%s", text);
  NEED(posix_spawn_file_actions_init(&actions) == 0);
  SHOW_CODE(posix_spawn_file_actions_addchdir_np(&actions, "d"));
  char* touch[] = {"touch", "made", NULL};
  SHOW_CODE(posix_spawn(&child, "/bin/touch", &actions, NULL, touch, environ));
  reap("touch", child);
  SHOW(access("d/made", F_OK));
  SHOW_CODE(posix_spawn_file_actions_addopen(&actions, 0, "missing", O_RDONLY, 0));
  SHOW_CODE(posix_spawn(&child, "/bin/cat", &actions, NULL, cat, environ));
  SHOW_CODE(posix_spawn_file_actions_addclose(&actions, -1));
}
