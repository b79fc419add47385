// The working directory is inherited and then each process's own, also for fchdir and relative paths: fork(2).
// marks: fork
#include "relatives.h"

static const char* base(void) {
  static char path[4096];
  NEED(getcwd(path, sizeof path));
  return strrchr(path, '/') + 1;
}

CASE {
  NEED(mkdir("one", 0755) == 0 && mkdir("two", 0755) == 0 && chdir("one") == 0);
  struct gate to_child = make_gate(), to_parent = make_gate();
  int back = open("..", O_RDONLY | O_DIRECTORY);
  pid_t child;
  START(child) {
    say("child: %s\n", base());
    NEED(chdir("../two") == 0);
    open_gate(to_parent);
    pass_gate(to_child);
    say("child: %s\n", base());
    close(open("by-child", O_CREAT | O_WRONLY, 0644));
    NEED(fchdir(back) == 0);
    SHOW(access("two/by-child", F_OK));
    SHOW(access("by-parent", F_OK));
  }
  pass_gate(to_parent);
  say("parent: %s\n", base());
  NEED(chdir("..") == 0);
  close(open("by-parent", O_CREAT | O_WRONLY, 0644));
  open_gate(to_child);
  reap("child", child);
  SHOW(access("by-parent", F_OK));
}
