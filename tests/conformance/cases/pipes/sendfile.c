// sendfile from a file into the pipe of another process: sendfile(2).
// marks: fork
#include <sys/sendfile.h>

#include "relatives.h"

CASE {
  int ends[2], fd = file_with("file", "the contents of the file");
  NEED(pipe(ends) == 0);
  pid_t child;
  START(child) {
    off_t offset = 4;
    NEED(sendfile(ends[1], fd, &offset, 8) == 8);
    say("child: offset %ld\n", (long)offset);
    NEED(sendfile(ends[1], fd, NULL, 1000) == 24);
  }
  reap("child", child);
  SHOW(lseek(fd, 0, SEEK_CUR));
  char text[64] = "";
  SHOW(read(ends[0], text, 63));
  say("%s\n", text);
}
