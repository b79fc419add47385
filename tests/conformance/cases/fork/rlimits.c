// Resource limits are inherited; the child's changes are its own: getrlimit(2).
// marks: fork
#include <sys/resource.h>

#include "relatives.h"

static void show(const char* who) {
  struct rlimit files, core, stack;
  NEED(getrlimit(RLIMIT_NOFILE, &files) == 0 && getrlimit(RLIMIT_CORE, &core) == 0 &&
       getrlimit(RLIMIT_STACK, &stack) == 0);
  say("%s: files %ld, core %ld, stack %ld\n", who, (long)files.rlim_cur, (long)core.rlim_cur, (long)stack.rlim_cur);
}

CASE {
  struct rlimit limit;
  NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = 60;
  SHOW(setrlimit(RLIMIT_NOFILE, &limit));
  NEED(getrlimit(RLIMIT_STACK, &limit) == 0);
  limit.rlim_cur = 4 << 20;
  SHOW(setrlimit(RLIMIT_STACK, &limit));
  pid_t child;
  START(child) {
    show("child");
    struct rlimit lower = {20, 30};
    SHOW(setrlimit(RLIMIT_NOFILE, &lower));
    SHOW(dup2(0, 25));
    show("child");
  }
  reap("child", child);
  show("parent");
  SHOW(dup2(0, 25));
  START(child) SHOW(dup2(0, 60));
  reap("second child", child);
}
