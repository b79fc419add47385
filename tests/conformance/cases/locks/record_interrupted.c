// F_SETLKW ends with EINTR by a handler: fcntl(2).
// marks: fork
#include "relatives.h"

static void on_signal(int number) {
  (void)number;
}

CASE {
  handle(SIGUSR1, on_signal, 0);
  int fd = file_with("file", "0123456789"), status;
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  NEED(fcntl(fd, F_SETLK, &lock) == 0);
  pid_t child;
  START(child) SHOW(fcntl(fd, F_SETLKW, &lock));
  while (waitpid(child, &status, WNOHANG) == 0) {
    kill(child, SIGUSR1);
    nap();
  }
  say_status("child", status);
}
