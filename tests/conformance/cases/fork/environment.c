// The environment is copied; changes stay with the process that makes them: environ(7).
// marks: fork
#include "relatives.h"

CASE {
  NEED(setenv("KX_ONE", "parent", 1) == 0);
  pid_t child;
  START(child) {
    say("child: %s %s\n", getenv("KX_CASE"), getenv("KX_ONE"));
    NEED(setenv("KX_ONE", "child", 1) == 0 && setenv("KX_TWO", "new", 1) == 0 && unsetenv("KX_CASE") == 0);
    say("child: %s %s\n", getenv("KX_ONE"), getenv("KX_CASE") ? "set" : "unset");
  }
  reap("child", child);
  say("parent: %s %s %s\n", getenv("KX_CASE"), getenv("KX_ONE"), getenv("KX_TWO") ? "set" : "unset");
}
