// execvp looks for a program along PATH: execvp(3).
// marks: fork
// variants: musl
#include "relatives.h"

CASE {
  NEED(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0);
  close(file_with("a/tool", "#!/bin/sh\necho a\n"));
  close(file_with("b/tool", "#!/bin/sh\necho b\n"));
  NEED(chmod("b/tool", 0755) == 0);
  char* words[] = {"tool", NULL};
  pid_t child;
  START(child) {
    setenv("PATH", "/no/such:a:b", 1);
    execvp("tool", words);
    say("%s\n", errno_name(errno));
  }
  reap("tool", child);
  NEED(chmod("a/tool", 0755) == 0);
  START(child) {
    setenv("PATH", "a:b", 1);
    execvp("tool", words);
  }
  reap("tool", child);
  START(child) {
    setenv("PATH", "/no/such", 1);
    SHOW(execvp("tool", words));
    SHOW(execvp("", words));
  }
  reap("none", child);
  START(child) {
    char* environment[] = {"GIVEN=yes", NULL};
    execvpe("env", (char*[]){"env", NULL}, environment);
  }
  reap("env", child);
}
