// A FIFO between parent and child: opening waits for the other side, then data and end of file: fifo(7).
// marks: fork, lane
#include "relatives.h"

CASE {
  SHOW(mkfifo("fifo", 0640));
  SHOW(mkfifo("fifo", 0640));
  struct stat status;
  NEED(stat("fifo", &status) == 0);
  say("fifo %d, mode %o\n", S_ISFIFO(status.st_mode), status.st_mode & 07777);
  pid_t child;
  START(child) {
    int fd = open("fifo", O_WRONLY);
    NEED(fd >= 0);
    NEED(write(fd, "through the fifo", 16) == 16);
  }
  int fd = open("fifo", O_RDONLY);
  NEED(fd >= 0);
  char text[32] = "";
  NEED(read(fd, text, 31) == 16);
  reap("child", child);
  say("%s\n", text);
  SHOW(read(fd, text, 1));
}
