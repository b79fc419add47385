// A FIFO open for both never shows an end; it works on after its name is gone: fifo(7).
// marks: fork
#include "relatives.h"

CASE {
  NEED(mkfifo("fifo", 0600) == 0);
  int fd = open("fifo", O_RDWR);
  NEED(fd >= 0);
  pid_t child;
  START(child) {
    int writer = open("fifo", O_WRONLY);
    NEED(write(writer, "abc", 3) == 3);
  }
  reap("child", child);
  char text[8] = "";
  SHOW(read(fd, text, 7));
  NEED(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
  SHOW(read(fd, text, 7));
  NEED(unlink("fifo") == 0);
  START(child) SHOW(write(fd, "def", 3));
  reap("child", child);
  SHOW(read(fd, text, 7));
  say("%s\n", text);
}
