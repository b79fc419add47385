// A #! script is run by its interpreter with one argument and the path: execve(2).
// marks: fork
#include "relatives.h"

CASE {
  close(file_with("script", "#!/bin/sh -e\necho \"script $0 $1 $#\"\nfalse\necho never\n"));
  close(file_with("plain", "echo \"plain $0 $1\"\nexit 3\n"));
  close(file_with("echo", "#!/bin/echo one argument\n"));
  NEED(chmod("script", 0755) == 0 && chmod("plain", 0755) == 0 && chmod("echo", 0755) == 0);
  pid_t child;
  START(child) execl("./script", "zero", "one", "two", (char*)NULL);
  reap("script", child);
  START(child) execl("./echo", "zero", "more", (char*)NULL);
  reap("echo", child);
  START(child) {
    SHOW(execl("./plain", "zero", "one", (char*)NULL));
    execlp("./plain", "zero", "one", (char*)NULL);
  }
  reap("plain text by execlp", child);
}
