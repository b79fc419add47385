// Programs start with standard streams closed, and the numbers are free for what they open: execve(2).
// marks: fork
#include "rerun.h"

AGAIN {
  int fd = open("/dev/null", O_RDONLY);
  int report = atoi(words[0]);
  char text[64];
  int size = snprintf(text, sizeof text, "first free %d, standard error %d\n", fd, fcntl(2, F_GETFD));
  return write(report, text, (size_t)size) == size ? 0 : 1;
}

CASE {
  pid_t child;
  START(child) {
    NEED(dup2(1, 20) == 20);
    close(0);
    close(1);
    close(2);
    rerun("20", NULL);
  }
  reap("child", child);
}
