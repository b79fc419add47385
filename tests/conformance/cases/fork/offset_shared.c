// Inherited descriptors share their offset in both directions: fork(2).
// marks: fork, lane
#include "relatives.h"

CASE {
  int fd = file_with("file", "abcdefghijklmnopqrstuvwxyz");
  char text[8] = "";
  NEED(read(fd, text, 2) == 2);
  pid_t child;
  START(child) {
    NEED(read(fd, text, 3) == 3);
    say("child: %s\n", text);
    NEED(lseek(fd, 10, SEEK_SET) == 10);
    int other = open("file", O_RDONLY);
    NEED(read(other, text, 3) == 3);
    say("child, opened anew: %s\n", text);
  }
  reap("child", child);
  NEED(read(fd, text, 3) == 3);
  say("parent: %s\n", text);
  START(child) NEED(write(fd, "CHILD", 5) == 5);
  reap("child", child);
  SHOW(lseek(fd, 0, SEEK_CUR));
  NEED(write(fd, "PARENT", 6) == 6);
  char all[64] = "";
  NEED(pread(fd, all, 63, 0) > 0);
  say("%s\n", all);
}
