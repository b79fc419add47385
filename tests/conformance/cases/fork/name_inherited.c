// The name of the thread is inherited; a child's change is its own: prctl(2), PR_SET_NAME.
// marks: fork
#include <sys/prctl.h>

#include "relatives.h"

static void show(const char* who) {
  char name[16], text[32] = "";
  NEED(prctl(PR_GET_NAME, name) == 0);
  int fd = open("/proc/self/comm", O_RDONLY);
  NEED(read(fd, text, 31) > 0);
  say("%s: %s, %s", who, name, text);
}

CASE {
  NEED(prctl(PR_SET_NAME, "a parent") == 0);
  pid_t child;
  START(child) {
    show("child");
    NEED(prctl(PR_SET_NAME, "a child with a long name") == 0);
    show("child");
  }
  reap("child", child);
  show("parent");
}
