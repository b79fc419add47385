// fork and exec of this program, and of others: arguments, environment, status: execve(2).
// marks: fork
// variants: static,musl
#include "rerun.h"

AGAIN {
  say("again: %s %s %s\n", words[0], words[1], getenv("KX_CASE"));
  return 12;
}

CASE {
  pid_t child;
  START(child) rerun("one", "two words");
  reap("itself", child);
  char* arguments[] = {"sh", "-c", "echo \"$0 $1 $HOME\"; exit 7", "zero", "one", NULL};
  char* environment[] = {"HOME=/nowhere", NULL};
  START(child) execve("/bin/sh", arguments, environment);
  reap("sh", child);
  START(child) execl("/bin/echo", "echo", "from", "echo", (char*)NULL);
  reap("echo", child);
  START(child) execl("/bin/false", "false", (char*)NULL);
  reap("false", child);
}
