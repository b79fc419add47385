// exec names the thread after the file: execve(2), prctl(2).
// marks: fork
#include <sys/prctl.h>

#include "rerun.h"

static void show(const char* when) {
  char name[17] = "", text[32] = "";
  NEED(prctl(PR_GET_NAME, name) == 0);
  int fd = open("/proc/self/comm", O_RDONLY);
  NEED(fd >= 0 && read(fd, text, 31) > 0 && close(fd) == 0);
  say("%s: %s, %s", when, name, text);
}

AGAIN {
  show("again");
  return 0;
}

CASE {
  char path[4096];
  ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
  NEED(size > 0);
  path[size] = 0;
  NEED(symlink(path, "a-name-that-is-too-long") == 0);
  pid_t child;
  START(child) {
    NEED(prctl(PR_SET_NAME, "before") == 0);
    show("before");
    execl("a-name-that-is-too-long", "argument zero", own_words[1], "x", (char*)NULL);
  }
  reap("child", child);
}
