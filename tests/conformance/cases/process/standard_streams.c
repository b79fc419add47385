// The three standard streams are what the caller gave: read to the end of input, close and reopen: stdin(3).
// stdin: some words on standard input
#include "case.h"

CASE {
  char buffer[64] = "";
  SHOW(read(0, buffer, 10));
  say("%s\n", buffer);
  SHOW(read(0, buffer, sizeof buffer));
  SHOW(read(0, buffer, sizeof buffer));
  struct stat status;
  SHOW(fstat(0, &status));
  CHECK(S_ISFIFO(status.st_mode));
  SHOW(isatty(1));
  SHOW(close(0));
  SHOW(open("/dev/null", O_RDONLY));
  SHOW(write(2, "to stderr\n", 10));
  int saved = SHOW(dup(1));
  SHOW(dup2(2, 1));
  say("this line goes to stderr\n");
  dup2(saved, 1);
  say("this one to stdout\n");
  close(1);
  ssize_t written = write(1, "x", 1);
  int error = errno;
  dup2(saved, 1);
  say("closed stdout: %ld %s\n", (long)written, errno_name(error));
}
