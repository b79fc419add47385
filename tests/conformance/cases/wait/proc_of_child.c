// /proc of a child: its state, parent and name, as running, stopped and zombie: proc(5).
// marks: fork
#include <sys/prctl.h>

#include "relatives.h"

static void show(const char* when, pid_t child) {
  char path[64], text[2048] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", child);
  int fd = open(path, O_RDONLY);
  if (fd < 0) {
    say("%s: %s\n", when, errno_name(errno));
    return;
  }
  ssize_t size = read(fd, text, sizeof text - 1);
  NEED(size > 0 && close(fd) == 0);
  char* name = strchr(text, '(');
  char* end = strrchr(text, ')');
  char state;
  int parent, group;
  NEED(name && end && sscanf(end + 2, "%c %d %d", &state, &parent, &group) == 3);
  say("%s: number %d, name %.*s, state %c, parent %d, group %d\n", when, atoi(text) == child, (int)(end - name + 1),
      name, state == 'R' ? 'S' : state, parent == getpid(), group == getpgrp());
}

CASE {
  struct gate ready = make_gate(), end = make_gate();
  pid_t child;
  START(child) {
    NEED(prctl(PR_SET_NAME, "the child") == 0);
    open_gate(ready);
    pass_gate(end);
  }
  pass_gate(ready);
  show("running", child);
  NEED(kill(child, SIGSTOP) == 0);
  await_stop(child);
  show("stopped", child);
  NEED(kill(child, SIGCONT) == 0);
  open_gate(end);
  await_zombie(child);
  show("zombie", child);
  reap("child", child);
  show("gone", child);
}
