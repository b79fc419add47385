// Three hundred open descriptors are all the child's too, each its own file: fork(2).
// marks: fork
#include <sys/resource.h>

#include "relatives.h"

CASE {
  struct rlimit limit;
  NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = 1024;
  NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  int fds[300];
  for (int i = 0; i < 300; i++) {
    char name[16], text[16];
    snprintf(name, sizeof name, "f%d", i);
    snprintf(text, sizeof text, "text %d", i);
    fds[i] = file_with(name, text);
  }
  pid_t child;
  START(child) {
    int right = 0;
    for (int i = 0; i < 300; i++) {
      char text[16], got[16] = "";
      snprintf(text, sizeof text, "text %d", i);
      right += read(fds[i], got, 15) > 0 && strcmp(text, got) == 0;
    }
    say("child: %d right\n", right);
    for (int i = 0; i < 300; i += 2) close(fds[i]);
    for (int i = 0; i < 300; i++) NEED(pwrite(fds[i], "T", 1, 0) == (i % 2 ? 1 : -1));
  }
  reap("child", child);
  int capital = 0;
  for (int i = 0; i < 300; i++) {
    char first;
    NEED(pread(fds[i], &first, 1, 0) == 1);
    capital += first == 'T';
  }
  SHOW(capital);
}
