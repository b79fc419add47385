// Fifty posix_spawns in a row, each with a pipe for its output: posix_spawn(3).
// marks: fork
#include <spawn.h>

#include "rerun.h"

AGAIN {
  say("%s", words[0]);
  return 0;
}

CASE {
  int right = 0;
  for (int i = 0; i < 50; i++) {
    int ends[2];
    char number[16], text[16] = "";
    posix_spawn_file_actions_t actions;
    NEED(pipe2(ends, O_CLOEXEC) == 0 && posix_spawn_file_actions_init(&actions) == 0);
    NEED(posix_spawn_file_actions_adddup2(&actions, ends[1], 1) == 0);
    snprintf(number, sizeof number, "%d", i);
    char* words[] = {own_words[0], own_words[1], number, NULL};
    pid_t child;
    NEED(posix_spawn(&child, "/proc/self/exe", &actions, NULL, words, environ) == 0);
    close(ends[1]);
    NEED(read(ends[0], text, 15) > 0);
    close(ends[0]);
    posix_spawn_file_actions_destroy(&actions);
    right += ended(child) == 0 && atoi(text) == i;
  }
  SHOW(right);
}
