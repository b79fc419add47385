// Which ways of writing to the file of a running program are refused, and which not: open(2), truncate(2), execve(2).
// marks: fork
#include "relatives.h"

static void copy_program(const char* name) {
  int in = open("/bin/cat", O_RDONLY), out = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  char buffer[65536];
  ssize_t got;
  while ((got = read(in, buffer, sizeof buffer)) > 0) NEED(write(out, buffer, (size_t)got) == got);
  NEED(close(in) == 0 && close(out) == 0);
}

CASE {
  copy_program("program");
  int script = open("script", O_RDWR | O_CREAT | O_CLOEXEC, 0755);
  NEED(write(script, "#!/bin/sh\nexit 3\n", 17) == 17);
  pid_t child;
  START(child) SHOW(execl("./script", "script", (char*)NULL));
  reap("script that is open for writing", child);
  int reader = open("script", O_RDONLY | O_CLOEXEC);
  close(script);
  START(child) execl("./script", "script", (char*)NULL);
  reap("script that is open for reading", child);
  close(reader);

  int in[2], out[2];
  NEED(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
  START(child) {
    NEED(dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1);
    execl("./program", "program", (char*)NULL);
  }
  char byte;
  NEED(write(in[1], "x", 1) == 1 && read(out[0], &byte, 1) == 1);  // it runs
  SHOW(open("program", O_WRONLY));
  SHOW(open("program", O_RDWR));
  SHOW(open("program", O_RDWR | O_CREAT, 0755));
  SHOW(open("program", O_RDWR | O_CREAT | O_EXCL, 0755));
  SHOW(open("program", O_WRONLY | O_TRUNC));
  SHOW(open("program", O_RDONLY | O_TRUNC));
  SHOW(open("program", O_WRONLY | O_NONBLOCK));
  SHOW(truncate("program", 0));
  NEED(symlink("program", "link") == 0);
  SHOW(open("link", O_WRONLY));
  SHOW(open("link", O_WRONLY | O_NOFOLLOW));
  STATUS(open("program", O_RDONLY));
  STATUS(open("program", O_PATH));
  SHOW(chmod("program", 0700));
  SHOW(rename("program", "old"));
  SHOW(open("old", O_WRONLY));
  copy_program("program");
  STATUS(open("program", O_WRONLY));
  SHOW(unlink("program"));
  struct stat status;
  NEED(stat("old", &status) == 0);
  CHECK(status.st_size > 0);
  close(in[1]);
  reap("program", child);
  STATUS(open("old", O_WRONLY | O_TRUNC));
}
